using Iggy.Primitives;

namespace Iggy.Gateway.Host;

/// <summary>Files in the folder of the data that are for the server's own user only. Their folder is made where there is none.</summary>
internal static class OwnerOnlyFile
{
    /// <summary>Makes a file anew. Without a buffer: what is written is with the system.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be made.</exception>
    public static FileStream Create(string path)
    {
        MakeFolder(path);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.Delete(path); // one left by a crash would keep its own rights
        return new FileStream(path, options);
    }

    /// <summary>Writes or replaces a file; on disk when the call returns.</summary>
    /// <exception cref="IOException">It could not be written; what was there before still is.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> bytes)
    {
        MakeFolder(path);
        AtomicFile.Write(path, bytes, ownerOnly: true);
    }

    private static void MakeFolder(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
