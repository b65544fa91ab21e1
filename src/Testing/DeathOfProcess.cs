using System.Diagnostics;
using Microsoft.Extensions.Hosting;

namespace Iggy.Testing;

/// <summary>Keeps the files as the death of the process would leave them: copied when nobody is connected any more and nothing is closed yet.</summary>
/// <remarks>Registered behind the silo and before the listeners, so it stops between the two: what was acknowledged is in the files by then, in memory that they
/// are mapped to, and the marks of an orderly end are not.</remarks>
internal sealed class DeathOfProcess(string data) : IHostedService
{
    private readonly string _kept = data + ".killed";
    private bool _isKept;

    /// <summary>Whether the next stop is one.</summary>
    public bool IsAsked { get; set; }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!IsAsked)
            return;
        // Another program, for this one would wait for its own locks.
        using var copy = Process.Start(new ProcessStartInfo("cp", ["-a", data, _kept]) { RedirectStandardError = true })!;
        var told = await copy.StandardError.ReadToEndAsync(CancellationToken.None);
        await copy.WaitForExitAsync(CancellationToken.None);
        if (copy.ExitCode != 0)
            throw new IOException($"The files of {data} could not be kept as they are: {told}");
        _isKept = true;
    }

    /// <summary>Puts the kept files in the place of those that were closed in order.</summary>
    /// <exception cref="IOException">They were to be kept and are not: what lies there is what an orderly end left.</exception>
    public void Finish()
    {
        if (!IsAsked)
            return;
        if (!_isKept)
            throw new IOException($"The files of {data} could not be kept as the death of the process would leave them.");
        Directory.Delete(data, recursive: true);
        Directory.Move(_kept, data);
    }
}
