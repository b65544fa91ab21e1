using Iggy.Storage.Cold;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Archive.Tiering;

/// <summary>Which block of which segment. The hash tells files apart that had the same place in a partition one after the other.</summary>
internal readonly record struct BlockId(string Partition, ulong FirstOffset, uint Generation, ulong Hash, int Block);

/// <summary>A file of a fixed number of places, each of which holds a block; the one that was unused for longest makes room. Of use until the process ends.</summary>
/// <remarks>The operating system keeps in memory what is read often; this process holds none of it.</remarks>
internal sealed class BlockCache : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SafeFileHandle _file;
    private readonly int _blockBytes;
    private readonly Place[] _places;
    private readonly Dictionary<BlockId, int> _known = [];
    private readonly LinkedList<int> _idle = []; // nobody holds them; the one unused for longest first

    /// <param name="path">Of the file; what was there is overwritten.</param>
    /// <param name="places">How many.</param>
    /// <param name="blockBytes">Of each.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    public BlockCache(string path, int places, int blockBytes)
    {
        (_blockBytes, _places) = (blockBytes, new Place[places]);
        _file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, FileOptions.DeleteOnClose);
        if (!OperatingSystem.IsWindows())
            File.Delete(path); // its space goes with the process, however that ends
        for (var i = 0; i < places; i++)
            _places[i] = new Place { Node = _idle.AddLast(i) };
    }

    /// <summary>Blocks that can be had.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _known.Count;
        }
    }

    public bool Has(in BlockId id)
    {
        lock (_gate)
            return _known.ContainsKey(id);
    }

    /// <summary>Holds a block; null when it is not here.</summary>
    public IColdBlock? TryHold(in BlockId id)
    {
        lock (_gate)
        {
            if (!_known.TryGetValue(id, out var number))
                return null;
            Hold(number);
            return new Held(this, number);
        }
    }

    /// <summary>Puts a block in.</summary>
    /// <param name="id">Which.</param>
    /// <param name="bytes">Verified; no more than a place has.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Held; null when all places are held by others.</returns>
    /// <exception cref="IOException">The disk refused; nothing was put in.</exception>
    public async Task<IColdBlock?> AddAsync(BlockId id, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, _blockBytes, nameof(bytes));
        if (TryTake() is not { } number)
            return null;
        var held = new Held(this, number);
        try
        {
            await RandomAccess.WriteAsync(_file, bytes, (long)number * _blockBytes, cancellationToken);
        }
        catch
        {
            held.Dispose();
            throw;
        }
        lock (_gate)
        {
            if (_known.TryAdd(id, number))
                _places[number].Id = id; // else somebody was quicker, and this one is of no use to others
        }
        return held;
    }

    public void Dispose() => _file.Dispose();

    // The place of the block that was unused for longest, held and nobody's.
    private int? TryTake()
    {
        lock (_gate)
        {
            if (_idle.First is not { } oldest)
                return null;
            var number = oldest.Value;
            Forget(number);
            Hold(number);
            return number;
        }
    }

    private void Hold(int number)
    {
        ref var place = ref _places[number];
        if (place.Holders++ == 0)
            _idle.Remove(place.Node);
    }

    private void LetGo(int number)
    {
        lock (_gate)
        {
            ref var place = ref _places[number];
            if (--place.Holders > 0)
                return;
            if (place.Id is null)
                _idle.AddFirst(place.Node); // empty: the next one takes it
            else
                _idle.AddLast(place.Node);
        }
    }

    private void Forget(int number)
    {
        if (_places[number].Id is { } id)
            _known.Remove(id);
        _places[number].Id = null;
    }

    private struct Place
    {
        public BlockId? Id;
        public int Holders;
        public LinkedListNode<int> Node;
    }

    private sealed class Held(BlockCache cache, int number) : IColdBlock
    {
        private int _isGone;

        public int Read(Span<byte> into, int at)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(at + (long)into.Length, cache._blockBytes, nameof(at));
            return RandomAccess.Read(cache._file, into, ((long)number * cache._blockBytes) + at);
        }

        public void Spoil()
        {
            lock (cache._gate)
                cache.Forget(number);
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isGone, 1) == 0)
                cache.LetGo(number);
        }
    }
}
