# needs: registry
# needs: iis
# What IIS 7 and later says is in effect for a path: applicationHost.config and every web.config, merged by IIS.
function Read-iis_effective($p) {
    $version = Get-IisVersion
    if ($null -eq $version -or $version['major'] -lt 7) { return New-Absent 'iis7' }
    $configuration = Open-IisConfiguration
    $there = $false
    foreach ($site in $configuration.Sites) {
        if ([string]::Equals($site.Name, $p['site'], [StringComparison]::OrdinalIgnoreCase)) { $there = $true }
    }
    if (-not $there) { return New-Absent 'site' }
    $section = $configuration.GetWebConfiguration($p['site'], $p['path']).GetSection($p['section'])
    $attributes = @{}
    foreach ($name in $p['attributes'].Split([char]',')) {
        $value = $section.GetAttribute($name).Value
        if ($value -is [TimeSpan]) { $value = $value.ToString() }
        $attributes[$name] = $value
    }
    return New-Observed @{ attributes = $attributes }
}
