namespace Iggy.Storage.Files;

/// <summary>Messages are for the owner of the server alone: no bit of a file or folder is for anybody else.</summary>
public static class OwnerOnly
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>From now on this process makes files of mode 0600 and folders of mode 0700, whoever in it makes them. Linux only.</summary>
    public static void HoldForNewFiles()
    {
        if (OperatingSystem.IsLinux())
            _ = Native.SetMask((uint)Others);
    }

    /// <summary>Takes the rights of others from a folder and all that is in it; links are left alone.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <returns>How many were changed, and the first that could not be: it belongs to somebody else.</returns>
    public static (int Changed, string? Refused) Tighten(string folder)
    {
        if (OperatingSystem.IsWindows())
            return (0, null);
        var (changed, refused) = (0, (string?)null);
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };
        foreach (var path in Directory.EnumerateFileSystemEntries(folder, "*", options).Prepend(folder))
        {
            try
            {
                var mode = File.GetUnixFileMode(path);
                if ((mode & Others) == 0)
                    continue;
                File.SetUnixFileMode(path, mode & ~Others);
                changed++;
            }
            catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
            {
                continue; // deleted meanwhile
            }
            catch (UnauthorizedAccessException)
            {
                refused ??= path;
            }
        }
        return (changed, refused);
    }
}
