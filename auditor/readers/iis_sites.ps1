# needs: registry
# needs: iis
# Every web site: its name, its number, the paths of its applications and virtual directories.
function Read-iis_sites($p) {
    $version = Get-IisVersion
    if ($null -eq $version) { return New-Absent 'iis' }
    if ($version['major'] -ge 7) {
        $reader = 'Microsoft.Web.Administration'
        $sites = Get-ConfiguredSites
    } else {
        $reader = 'metabase'
        $sites = Get-MetabaseSites
        foreach ($site in $sites) { $site['paths'] = Get-MetabasePaths ($site['id']) }
    }
    return New-Observed @{ major = $version['major']; minor = $version['minor']; reader = $reader; sites = $sites }
}

function Get-ConfiguredSites {
    $configuration = Open-IisConfiguration
    $sites = New-Object System.Collections.ArrayList
    foreach ($site in $configuration.Sites) {
        $paths = New-Object System.Collections.ArrayList
        foreach ($application in $site.Applications) {
            foreach ($directory in $application.VirtualDirectories) {
                $path = ($application.Path + $directory.Path).Replace('//', '/').Trim([char]'/')
                [void]$paths.Add('/' + $path)
            }
        }
        [void]$sites.Add(@{ name = $site.Name; id = $site.Id; paths = $paths })
    }
    return , $sites
}

function Get-MetabasePaths($id) {
    $paths = New-Object System.Collections.ArrayList
    [void]$paths.Add('/')
    foreach ($child in (Open-Metabase "W3SVC/$id/ROOT").psbase.Children) {
        $class = $child.psbase.SchemaClassName
        if ($class -ne 'IIsWebVirtualDir' -and $class -ne 'IIsWebDirectory') { continue }
        [void]$paths.Add('/' + $child.psbase.Name)
    }
    return , $paths
}
