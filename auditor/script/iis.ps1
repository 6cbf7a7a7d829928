# The version of IIS from the registry; nothing when IIS is not there.
function Get-IisVersion {
    $key = Open-RegistryKey @{ hive = 'HKLM'; key = 'SOFTWARE\Microsoft\InetStp'; view = '64' }
    if ($null -eq $key) { return $null }
    $major = $key.GetValue('MajorVersion')
    $minor = $key.GetValue('MinorVersion')
    $key.Close()
    if ($major -isnot [int] -or $minor -isnot [int]) { throw 'the registry holds the key of IIS, but no version' }
    return @{ major = $major; minor = $minor }
}

# The configuration of IIS 7 and later, by its own library; nothing is ever written back.
function Open-IisConfiguration {
    [void][Reflection.Assembly]::LoadFrom("$env:windir\system32\inetsrv\Microsoft.Web.Administration.dll")
    return New-Object Microsoft.Web.Administration.ServerManager
}

# A node of the metabase; .NET's own members are reached by psbase, because PowerShell hides them here.
function Open-Metabase($path) {
    return New-Object System.DirectoryServices.DirectoryEntry("IIS://localhost/$path")
}

# Name and number of every web site in the metabase.
function Get-MetabaseSites {
    $sites = New-Object System.Collections.ArrayList
    foreach ($child in (Open-Metabase 'W3SVC').psbase.Children) {
        if ($child.psbase.SchemaClassName -ne 'IIsWebServer') { continue }
        $name = [string]$child.psbase.Properties['ServerComment'].Value
        [void]$sites.Add(@{ name = $name; id = [int]$child.psbase.Name })
    }
    return , $sites
}
