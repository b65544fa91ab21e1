using System.Text;

namespace Iggy.Primitives;

/// <summary>Small files that a crash leaves as they were or as they are to be, never in between.</summary>
public static class AtomicFile
{
    /// <summary>Writes or replaces a file; on disk under its name when the call returns.</summary>
    /// <param name="path">The file; its folder is there.</param>
    /// <param name="text">What it is to hold, as UTF-8 without a mark in front.</param>
    /// <param name="ownerOnly">Whether nobody but its owner may read it.</param>
    /// <param name="suffix">Of the file beside it that is written first: one of their own for writers that may run side by side.</param>
    /// <exception cref="IOException">It could not be written; what was there before still is.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public static void Write(string path, string text, bool ownerOnly = false, string suffix = ".new") => Write(path, Encoding.UTF8.GetBytes(text), ownerOnly, suffix);

    /// <summary>As the other.</summary>
    /// <param name="path">The file; its folder is there.</param>
    /// <param name="bytes">What it is to hold.</param>
    /// <param name="ownerOnly">Whether nobody but its owner may read it.</param>
    /// <param name="suffix">Of the file beside it that is written first.</param>
    /// <exception cref="IOException">It could not be written; what was there before still is.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public static void Write(string path, ReadOnlySpan<byte> bytes, bool ownerOnly = false, string suffix = ".new")
    {
        path = Path.GetFullPath(path);
        var beside = path + suffix;
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (ownerOnly && !OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.Delete(beside); // one left by a crash would keep its own rights
        using (var file = new FileStream(beside, options))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }
        File.Move(beside, path, overwrite: true);
        FolderSync.Flush(Path.GetDirectoryName(path)!);
    }
}
