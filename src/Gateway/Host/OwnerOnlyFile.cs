namespace Iggy.Gateway.Host;

/// <summary>Files in the folder of the data that are for the server's own user only.</summary>
internal static class OwnerOnlyFile
{
    /// <summary>Makes a file anew, and its folder where there is none. Without a buffer: what is written is with the system.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be made.</exception>
    public static FileStream Create(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0 };
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        File.Delete(path); // one left by a crash would keep its own rights
        return new FileStream(path, options);
    }
}
