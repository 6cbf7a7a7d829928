# needs: registry
# needs: iis
# What applicationHost.config states for a section, location by location, as it is written there.
function Read-iis_settings($p) {
    $version = Get-IisVersion
    if ($null -eq $version -or $version['major'] -lt 7) { return New-Absent 'iis7' }
    if ($p['section'] -notmatch '^[\w.-]+(/[\w.-]+)*$') { throw 'this is no name of a section' }
    $file = Read-IisFile 'redirection.config'
    $redirection = $file.SelectSingleNode("/*/*[local-name()='configurationRedirection']")
    if ($null -ne $redirection -and $redirection.GetAttribute('enabled') -eq 'true') {
        throw 'IIS uses a shared configuration, so applicationHost.config of this server does not count'
    }
    $file = Read-IisFile 'applicationHost.config'
    $steps = ''
    $declared = "/*/*[local-name()='configSections']"
    foreach ($name in $p['section'].Split([char]'/')) {
        $steps += "/*[local-name()='$name']"
        $declared += "/*[@name='$name']"
    }
    $default = ''
    $section = $file.SelectSingleNode($declared)
    if ($null -ne $section) { $default = $section.GetAttribute('overrideModeDefault') }
    $settings = New-Object System.Collections.ArrayList
    foreach ($element in $file.SelectNodes("/*$steps | /*/*[local-name()='location']$steps")) {
        [void]$settings.Add((Get-IisSetting $element))
    }
    return New-Observed @{ override_default = $default; settings = $settings }
}

function Read-IisFile($name) {
    # A 32 bit process is shown another system32; Sysnative is its way to the real one.
    $system = 'system32'
    if ([IntPtr]::Size -eq 4 -and $env:PROCESSOR_ARCHITEW6432) { $system = 'Sysnative' }
    $file = New-Object System.Xml.XmlDocument
    $file.XmlResolver = $null # nothing outside the file is fetched
    $file.Load("$env:windir\$system\inetsrv\config\$name")
    return , $file
}

function Get-IisSetting($element) {
    $path = ''
    $override = ''
    $location = $element.SelectSingleNode("ancestor::*[local-name()='location']")
    if ($null -ne $location) {
        $path = $location.GetAttribute('path')
        $override = $location.GetAttribute('overrideMode')
        # allowOverride is the older spelling of the same.
        if ($location.GetAttribute('allowOverride') -eq 'false') { $override = 'Deny' }
    }
    $attributes = @{}
    foreach ($attribute in $element.psbase.Attributes) { $attributes[$attribute.psbase.Name] = $attribute.psbase.Value }
    return @{ path = $path; override = $override; attributes = $attributes }
}
