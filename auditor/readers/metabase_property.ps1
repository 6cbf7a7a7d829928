# needs: registry
# needs: iis
# A property of the metabase as it applies to a path, and at which nodes, from the top down to it, it is set.
function Read-metabase_property($p) {
    $service = Open-RegistryKey @{ hive = 'HKLM'; key = 'SYSTEM\CurrentControlSet\Services\IISADMIN'; view = '64' }
    if ($null -eq $service) { return New-Absent 'metabase' }
    $service.Close()
    $ids = New-Object System.Collections.ArrayList
    foreach ($site in (Get-MetabaseSites)) {
        $same = [string]::Equals($site['name'], $p['site'], [StringComparison]::OrdinalIgnoreCase)
        if ($same) { [void]$ids.Add($site['id']) }
    }
    if ($ids.Count -eq 0) { return New-Absent 'site' }
    if ($ids.Count -gt 1) { throw 'several sites have this name' }
    $node = ('W3SVC/' + $ids[0] + '/ROOT' + $p['path']).TrimEnd([char]'/')
    if (-not [System.DirectoryServices.DirectoryEntry]::Exists("IIS://localhost/$node")) { return New-Absent 'path' }
    $places = New-Object System.Collections.ArrayList
    foreach ($place in (Get-DataPaths $p['property'])) { [void]$places.Add(($place -replace '^IIS://[^/]+/', '')) }
    $above = ''
    $set = New-Object System.Collections.ArrayList
    foreach ($name in $node.Split([char]'/')) {
        $above = ($above + '/' + $name).TrimStart([char]'/')
        if ($places -contains $above) { [void]$set.Add($above) }
    }
    $value = $null
    if ($set.Count -gt 0) { $value = (Open-Metabase $node).psbase.Properties[$p['property']].Value }
    return New-Observed @{ value = $value; set_at = $set }
}

function Get-DataPaths($property) {
    # 0 is IIS_ANY_PROPERTY: also where the value is set without being handed down. 0x800CC801 is
    # MD_ERROR_DATA_NOT_FOUND: it is set nowhere.
    try { $found = (Open-Metabase 'W3SVC').psbase.Invoke('GetDataPaths', @($property, 0)) } catch {
        if ((Get-ErrorCode $_.Exception.GetBaseException()) -ne '0x800CC801') { throw }
        $found = @()
    }
    return $found
}
