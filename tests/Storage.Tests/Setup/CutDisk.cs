using System.Globalization;
using Iggy.Storage.Files;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Tests.Setup;

/// <summary>
/// A disk that tells what is on it from what only the page cache has, and can be asked what a power cut would leave: of each file what was
/// synced, and of the rest any pages; of the changes of the folder since its sync the first so many.
/// </summary>
internal sealed class CutDisk : IDisk
{
    private const int MostBytes = 256 << 10; // of a file; a mapped one is longer, and sparse
    private readonly string _folder;
    private readonly Random _random;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Bytes> _live = [];    // every file by its present name
    private readonly Dictionary<string, Bytes> _durable = []; // and by its name on the disk
    private readonly Queue<Action> _names = [];               // changes of names that are not on the disk yet
    private readonly List<string> _flushed = [];
    private int _stepsLeft = int.MaxValue;
    private Action<Dictionary<string, byte[]>>? _onCut;

    /// <param name="folder">Of the log. What is in it counts as being on the disk.</param>
    /// <param name="random">Chooses what is written back and what is lost.</param>
    public CutDisk(string folder, Random random)
    {
        (_folder, _random) = (folder, random);
        foreach (var path in Directory.GetFiles(folder))
            _live[path] = _durable[path] = new Bytes { Synced = File.ReadAllBytes(path) };
    }

    /// <summary>Names of the files that were synced, in order.</summary>
    public string[] Flushed
    {
        get
        {
            lock (_gate)
                return [.. _flushed];
        }
    }

    /// <summary>Called in the middle of a sync, with the name of the file.</summary>
    public Action<string>? BeforeFlush { get; set; }

    /// <summary>Cuts the power before a step of the disk.</summary>
    /// <param name="steps">How many steps still come through.</param>
    /// <param name="onCut">Gets the files that are left; called once, on any thread.</param>
    public void CutAfter(int steps, Action<Dictionary<string, byte[]>> onCut)
    {
        lock (_gate)
            (_stepsLeft, _onCut) = (steps, onCut);
    }

    /// <summary>Some pages reach the disk by themselves, as they are now.</summary>
    public void WriteBack()
    {
        lock (_gate)
        {
            foreach (var path in FindFiles())
                _live[path].Synced = Mix(_live[path].Synced, Read(path));
        }
    }

    public bool TryReserve(SafeFileHandle file, long position, long bytes) => PhysicalDisk.Instance.TryReserve(file, position, bytes);

    public SegmentMapping? TryMap(SafeFileHandle file, uint capacity) => PhysicalDisk.Instance.TryMap(file, capacity);

    public void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long position) => PhysicalDisk.Instance.Write(file, bytes, position);

    public void Flush(SafeFileHandle file)
    {
        var path = new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{file.DangerousGetHandle()}")).LinkTarget!;
        ObjectDisposedException.ThrowIf(file.IsClosed, file);
        BeforeFlush?.Invoke(Path.GetFileName(path));
        lock (_gate)
        {
            Step();
            _ = FindFiles();
            _flushed.Add(Path.GetFileName(path));
            if (_live.TryGetValue(path, out var bytes)) // else deleted meanwhile
                bytes.Synced = Read(file);
        }
    }

    public void FlushData(SafeFileHandle file) => Flush(file);

    public void FlushFolder(string folder)
    {
        lock (_gate)
        {
            Step();
            _ = FindFiles();
            while (_names.TryDequeue(out var change))
                change();
        }
    }

    public void Rename(string from, string to)
    {
        lock (_gate)
        {
            Step();
            _ = FindFiles();
            PhysicalDisk.Instance.Rename(from, to);
            _live.Remove(from, out var bytes);
            _live[to] = bytes!;
            _names.Enqueue(() =>
            {
                if (_durable.Remove(from, out var moved))
                    _durable[to] = moved;
            });
        }
    }

    public void Delete(string path)
    {
        lock (_gate)
        {
            Step();
            _ = FindFiles();
            PhysicalDisk.Instance.Delete(path);
            if (_live.Remove(path))
                _names.Enqueue(() => _durable.Remove(path));
        }
    }

    private void Step()
    {
        if (_stepsLeft-- != 0)
            return;
        _onCut!(Cut());
    }

    // What the power cut leaves. Nothing of this disk is changed.
    private Dictionary<string, byte[]> Cut()
    {
        var files = FindFiles().ToDictionary(path => path, path => Read(path));
        for (var changes = _random.Next(_names.Count + 1); changes > 0; changes--)
            _names.Dequeue()();
        var left = new Dictionary<string, byte[]>();
        foreach (var (path, synced) in _durable)
        {
            var now = _live.FirstOrDefault(file => file.Value == synced).Key;
            left[path] = now is null ? synced.Synced : Mix(synced.Synced, files[now]);
        }
        return left;
    }

    private byte[] Mix(byte[] synced, byte[] now)
    {
        var length = _random.Next(2) == 0 ? synced.Length : now.Length;
        var mixed = new byte[length];
        synced.AsSpan(0, Math.Min(length, synced.Length)).CopyTo(mixed);
        var (page, chance) = (_random.Next(3) == 0 ? 512 : 4096, _random.Next(0, 11));
        for (var at = 0; at < Math.Min(length, now.Length); at += page)
        {
            if (_random.Next(10) < chance)
                now.AsSpan(at, Math.Min(page, Math.Min(length, now.Length) - at)).CopyTo(mixed.AsSpan(at));
        }
        return mixed;
    }

    private List<string> FindFiles()
    {
        var found = Directory.GetFiles(_folder).ToList();
        foreach (var path in found)
        {
            if (_live.ContainsKey(path))
                continue;
            var made = _live[path] = new Bytes();
            _names.Enqueue(() => _durable[path] = made);
        }
        return found;
    }

    // The lock too: what it says of the other files may reach the disk before them.
    private static byte[] Read(string path)
    {
        using var file = path.EndsWith(".lock", StringComparison.Ordinal) ? Native.TryOpenUnlocked(path)
            : File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return Read(file!);
    }

    private static byte[] Read(SafeFileHandle file)
    {
        var bytes = new byte[Math.Min(RandomAccess.GetLength(file), MostBytes)];
        var read = RandomAccess.Read(file, bytes, 0);
        return bytes[..read];
    }

    /// <summary>What of one file is on the disk, whatever its name is.</summary>
    private sealed class Bytes
    {
        public byte[] Synced { get; set; } = [];
    }
}
