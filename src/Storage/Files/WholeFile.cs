using System.Text;

namespace Iggy.Storage.Files;

/// <summary>Small text files that a crash leaves as they were or as they are to be, never in between.</summary>
public static class WholeFile
{
    /// <summary>Writes or replaces a file; on disk when the call returns.</summary>
    /// <exception cref="IOException">It could not be written; what was there before still is.</exception>
    public static void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    /// <summary>As the other.</summary>
    /// <exception cref="IOException">It could not be written; what was there before still is.</exception>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        var beside = path + ".new";
        using (var file = new FileStream(beside, FileMode.Create, FileAccess.Write))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }
        File.Move(beside, path, overwrite: true);
        PhysicalDisk.Instance.FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }
}
