using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Iggy.Silo.Hosting;

/// <summary>SIGTERM and SIGINT: the first asks for a stop, the second ends the process where it stands.</summary>
/// <remarks>Ending at once loses nothing that was answered: it is what <c>kill -9</c> does, and messages are in the page cache before their OK.</remarks>
public sealed class StopSignals : IDisposable
{
    // Terminals, `timeout` and some supervisors signal the process and its group, so one wish arrives twice.
    private const long EchoMilliseconds = 500;

    private readonly CancellationTokenSource _asked = new();
    private readonly PosixSignalRegistration[] _registrations;
    private long _firstAt; // milliseconds of the machine's uptime; 0 before the first

    /// <summary>Listens for signals from here on.</summary>
    public StopSignals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
    ];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Asked => _asked.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _asked.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true; // the runtime would end the process while the stop is under way
        var now = Environment.TickCount64;
        var first = Interlocked.CompareExchange(ref _firstAt, now, 0);
        if (first == 0)
            _asked.Cancel();
        if (first == 0 || now - first < EchoMilliseconds)
            return;

        Console.Error.WriteLine("A second signal: ending at once.");
        using var self = Process.GetCurrentProcess();
        self.Kill(); // exit handlers could hang on what the stop hangs on
    }
}
