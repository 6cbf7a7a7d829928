# The instances of a WMI class that meet a condition, with the asked properties only. Dates stay as WMI has them.
function Read-wmi($p) {
    $query = 'SELECT ' + $p['properties'] + ' FROM ' + $p['class']
    if ($p['where'] -ne '') { $query += ' WHERE ' + $p['where'] }
    $searcher = New-Object System.Management.ManagementObjectSearcher($p['namespace'], $query)
    $searcher.Options.Timeout = [TimeSpan]::FromSeconds(30) # a provider that hangs must not hold the other questions
    $rows = New-Object System.Collections.ArrayList
    foreach ($object in $searcher.Get()) {
        $row = @{} # psbase: PowerShell shows the class's own members instead of .NET's
        foreach ($name in $p['properties'].Split([char]',')) { $row[$name] = $object.psbase.GetPropertyValue($name) }
        [void]$rows.Add($row)
    }
    return New-Observed @{ rows = $rows }
}
