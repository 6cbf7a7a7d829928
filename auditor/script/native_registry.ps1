# .NET tells neither when a key was last written nor the bytes of rare types, so Windows is asked itself. Add-Type
# compiles these declarations: csc.exe runs and leaves temporary files behind for a moment. At most once, and only
# when a question needs it.
$NativeSource = @'
using System;
using System.Runtime.InteropServices;

public static class AuditorRegistry
{
    const int KEY_QUERY_VALUE = 1;

    [DllImport("advapi32.dll", CharSet = CharSet.Unicode)]
    static extern int RegOpenKeyEx(IntPtr root, string path, int options, int access, out IntPtr key);

    [DllImport("advapi32.dll", CharSet = CharSet.Unicode)]
    static extern int RegQueryInfoKey(IntPtr key, IntPtr name, IntPtr nameLength, IntPtr reserved, IntPtr subkeys,
        IntPtr longestSubkey, IntPtr longestClass, IntPtr values, IntPtr longestName, IntPtr longestData,
        IntPtr security, out long lastWrite);

    [DllImport("advapi32.dll", CharSet = CharSet.Unicode)]
    static extern int RegQueryValueEx(IntPtr key, string name, IntPtr reserved, out int type, byte[] data,
        ref int size);

    [DllImport("advapi32.dll")]
    static extern int RegCloseKey(IntPtr key);

    static void Check(int error)
    {
        if (error != 0) Marshal.ThrowExceptionForHR(unchecked((int)0x80070000) | error, new IntPtr(-1));
    }

    static IntPtr Open(int hive, string path, int view)
    {
        IntPtr key;
        Check(RegOpenKeyEx(new IntPtr(hive), path, 0, KEY_QUERY_VALUE | view, out key));
        return key;
    }

    public static long LastWrite(int hive, string path, int view)
    {
        IntPtr key = Open(hive, path, view), no = IntPtr.Zero;
        try
        {
            long time;
            Check(RegQueryInfoKey(key, no, no, no, no, no, no, no, no, no, no, out time));
            return time;
        }
        finally { RegCloseKey(key); }
    }

    public static object[] TypeAndBytes(int hive, string path, int view, string name)
    {
        IntPtr key = Open(hive, path, view);
        try
        {
            int type, size = 0;
            Check(RegQueryValueEx(key, name, IntPtr.Zero, out type, null, ref size));
            byte[] data = new byte[size];
            Check(RegQueryValueEx(key, name, IntPtr.Zero, out type, data, ref size));
            return new object[] { type, data };
        }
        finally { RegCloseKey(key); }
    }
}
'@
$NativeRegistry = @{ tried = $false; problem = $null }
# Handles of the roots (winreg.h, HKEY_CLASSES_ROOT 0x80000000 and on) as signed numbers, and the access right
# that chooses a view (KEY_WOW64_64KEY, KEY_WOW64_32KEY).
$NativeHives = @{ HKCR = -2147483648; HKCU = -2147483647; HKLM = -2147483646; HKU = -2147483645; HKCC = -2147483643 }
$NativeViews = @{ '64' = 0x100; '32' = 0x200 }

function Use-NativeRegistry {
    if (-not $NativeRegistry['tried']) {
        $NativeRegistry['tried'] = $true
        try { Add-Type -TypeDefinition $NativeSource } catch { $NativeRegistry['problem'] = $_ }
    }
    if ($null -ne $NativeRegistry['problem']) { throw $NativeRegistry['problem'] }
}

function Get-LastWrite($p) {
    Use-NativeRegistry
    $time = [AuditorRegistry]::LastWrite($NativeHives[$p['hive']], $p['key'], $NativeViews[$p['view']])
    return $time.ToString($Invariant)
}

function Get-RareValue($p) {
    Use-NativeRegistry
    $found = [AuditorRegistry]::TypeAndBytes($NativeHives[$p['hive']], $p['key'], $NativeViews[$p['view']], $p['name'])
    $type = $found[0]
    $bytes = $found[1]
    $hex = Get-Hex $bytes
    if (@(1, 2, 3, 4, 7, 11) -contains $type -or ($type -eq 5 -and $bytes.Length -ne 4)) {
        throw "the data of this value does not fit its type $type"
    }
    $names = @{ 0 = 'REG_NONE'; 5 = 'REG_DWORD_BIG_ENDIAN'; 6 = 'REG_LINK'; 8 = 'REG_RESOURCE_LIST'
        9 = 'REG_FULL_RESOURCE_DESCRIPTOR'; 10 = 'REG_RESOURCE_REQUIREMENTS_LIST' }
    if (-not $names.ContainsKey($type)) { return @{ type = 'REG_' + ('{0:D}' -f $type); data = $hex } }
    if ($type -eq 5) { return @{ type = $names[$type]; data = [Convert]::ToUInt32($hex, 16) } }
    if ($type -eq 6) { return @{ type = $names[$type]; data = [Text.Encoding]::Unicode.GetString($bytes) } }
    return @{ type = $names[$type]; data = $hex }
}
