using System.Runtime.InteropServices;

namespace Iggy.Quic.Native;

/// <summary>Wakes the endpoint's thread out of its wait for packets. Costs a system call only when it may be asleep.</summary>
internal sealed unsafe class WakeSignal : IDisposable
{
    private const int NonBlocking = 0x800, CloseOnExec = 0x80000;

    private readonly Lock _gate = new(); // so that a late wake does not write to a descriptor that is someone else's by now
    private int _isWaiting;
    private bool _isClosed;

    public WakeSignal()
    {
        File = Libc.eventfd(0, NonBlocking | CloseOnExec);
        if (File < 0)
            throw new QuicException($"No event descriptor: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    public int File { get; }

    /// <summary>The thread is about to wait. It must look for work after this call and before it waits.</summary>
    public void Announce() => Interlocked.Exchange(ref _isWaiting, 1);

    /// <summary>The thread waits no more.</summary>
    public void Clear(bool wasSet)
    {
        if (Interlocked.Exchange(ref _isWaiting, 0) == 1 && !wasSet)
            return;
        ulong count;
        _ = Libc.read(File, &count, sizeof(ulong)); // empty when the wake is still on its way: the next wait ends at once, which does no harm
    }

    /// <summary>Wakes it.</summary>
    public void Set()
    {
        if (Interlocked.Exchange(ref _isWaiting, 0) == 0)
            return; // it is awake and looks for work before it sleeps
        lock (_gate)
        {
            ulong one = 1;
            if (!_isClosed)
                _ = Libc.write(File, &one, sizeof(ulong)); // full only when it is set already
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (!_isClosed)
                _ = Libc.close(File);
            _isClosed = true;
        }
    }
}
