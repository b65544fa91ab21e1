namespace Iggy.Grains.Interfaces.Hosting;

/// <summary>The descriptors of this process, less a reserve for the runtime; connections and open logs share them.</summary>
/// <remarks>Each side works through a share (<see cref="Within"/>) of less than the whole, so neither can lock the other out.</remarks>
public sealed class DescriptorBudget : IDescriptorBudget
{
    // What a server without work has open is 340: two for each assembly, the metadata store, event queues, listeners, pipes of the runtime. And some to work with.
    private const long LeastReserve = 448;
    private readonly DescriptorBudget? _whole; // null: this is the whole
    private long _inUse;

    /// <param name="limit">The most that may be taken.</param>
    public DescriptorBudget(long limit)
        : this(limit, null)
    {
    }

    private DescriptorBudget(long limit, DescriptorBudget? whole)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        (Limit, _whole) = (limit, whole);
    }

    /// <inheritdoc/>
    public long Limit { get; }

    /// <inheritdoc/>
    public long InUse => Interlocked.Read(ref _inUse);

    /// <summary>What may be shared out under a limit of the operating system: a sixteenth stays for the runtime, and 448 at least, but never more than three quarters.</summary>
    /// <param name="openFiles">The limit of open files (RLIMIT_NOFILE).</param>
    public static DescriptorBudget Under(long openFiles) =>
        new(Math.Max(1, openFiles - Math.Min(openFiles * 3 / 4, Math.Max(LeastReserve, openFiles / 16))));

    /// <summary>A part of this budget: what is taken from it is taken from the whole too.</summary>
    /// <param name="limit">The most that this part may hold.</param>
    public DescriptorBudget Within(long limit) => new(Math.Min(limit, Limit), this);

    /// <inheritdoc/>
    public bool TryTake(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (!TryAdd(count))
            return false;
        if (_whole is null || _whole.TryTake(count))
            return true;
        Interlocked.Add(ref _inUse, -count);
        return false;
    }

    /// <inheritdoc/>
    public void Return(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        _whole?.Return(count);
        if (Interlocked.Add(ref _inUse, -count) >= 0)
            return;
        Interlocked.Add(ref _inUse, count);
        throw new InvalidOperationException("More descriptors were returned than were taken.");
    }

    private bool TryAdd(int count)
    {
        for (var before = InUse; before + count <= Limit;)
        {
            var found = Interlocked.CompareExchange(ref _inUse, before + count, before);
            if (found == before)
                return true;
            before = found;
        }

        return false;
    }
}
