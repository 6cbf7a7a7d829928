# Opens a key for reading in the asked view of the registry; gives nothing when there is no such key.
function Open-RegistryKey($p) {
    if ([Environment]::Version.Major -gt 2) {
        $hives = @{ HKLM = 'LocalMachine'; HKCU = 'CurrentUser'; HKU = 'Users'; HKCR = 'ClassesRoot'
            HKCC = 'CurrentConfig' }
        $root = [Microsoft.Win32.RegistryKey]::OpenBaseKey($hives[$p['hive']], 'Registry' + $p['view'])
        return $root.OpenSubKey($p['key'])
    }
    # .NET 2.0 sees one view only, that of its own process; the other one must be reached by its path.
    $path = $p['key']
    if ($p['view'] -eq '64' -and [IntPtr]::Size -eq 4 -and $env:PROCESSOR_ARCHITEW6432) {
        throw 'a 32 bit PowerShell on .NET 2.0 cannot see the 64 bit registry'
    }
    if ($p['view'] -eq '32' -and [IntPtr]::Size -eq 8) {
        if ($p['hive'] -eq 'HKCR' -or $path -match '(Software\\|_)Classes(\\|$)') {
            throw 'a 64 bit PowerShell on .NET 2.0 cannot see the 32 bit view of classes'
        }
        if ($p['hive'] -eq 'HKLM') {
            $path = $path -replace '^SOFTWARE(?!\\Wow6432Node(\\|$))(?=\\|$)', 'SOFTWARE\Wow6432Node'
        }
    }
    $roots = @{ HKLM = [Microsoft.Win32.Registry]::LocalMachine; HKCU = [Microsoft.Win32.Registry]::CurrentUser
        HKU = [Microsoft.Win32.Registry]::Users; HKCR = [Microsoft.Win32.Registry]::ClassesRoot
        HKCC = [Microsoft.Win32.Registry]::CurrentConfig }
    return $roots[$p['hive']].OpenSubKey($path)
}
