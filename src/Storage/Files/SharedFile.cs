using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Files;

/// <summary>An open file with several holders, each of which lets go when it is done; the last one closes it.</summary>
/// <remarks>A disposed handle refuses reads at once, whoever still counts on it, so whoever reads beside the log's owner holds the file itself.</remarks>
internal sealed class SharedFile(SafeFileHandle handle)
{
    private int _holders = 1;

    /// <summary>Valid while the caller holds the file.</summary>
    public SafeFileHandle Handle => handle;

    /// <summary>One more holder. To be called by one who holds it.</summary>
    public SharedFile Hold()
    {
        Interlocked.Increment(ref _holders);
        return this;
    }

    /// <summary>One holder less; from any thread.</summary>
    public void LetGo()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            handle.Dispose();
    }
}
