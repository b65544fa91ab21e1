namespace Iggy.Storage.Tests.Setup;

/// <summary>The files of a log as a death left them, to be damaged and put back as often as a test likes.</summary>
internal sealed class LogImage
{
    private readonly string _folder;
    private readonly Dictionary<string, byte[]> _files = [];

    /// <param name="folder">A folder that nobody has open.</param>
    /// <param name="tailBytes">Zeros to keep behind the records, of those that a mapped file has.</param>
    public LogImage(string folder, int tailBytes = 256)
    {
        _folder = folder;
        foreach (var path in Directory.GetFiles(folder))
            _files[path] = ReadSparse(path, tailBytes);
    }

    public byte[] this[string path]
    {
        get => _files[path];
        set => _files[path] = value;
    }

    /// <summary>Puts all files back, one of them with other bytes.</summary>
    public void Restore(string changedPath, ReadOnlySpan<byte> bytes)
    {
        foreach (var path in Directory.GetFiles(_folder))
            File.Delete(path);
        foreach (var (path, content) in _files)
            File.WriteAllBytes(path, path == changedPath ? bytes : content);
    }

    private static byte[] ReadSparse(string path, int tailBytes)
    {
        using var file = File.OpenHandle(path);
        var bytes = new byte[Math.Min(RandomAccess.GetLength(file), 4 << 20)];
        RandomAccess.Read(file, bytes, 0);
        var end = bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        return bytes[..Math.Min(bytes.Length, end + tailBytes)];
    }
}
