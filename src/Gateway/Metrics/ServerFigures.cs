using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Host;
using Iggy.Gateway.Security;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Grains.Interfaces.Users;

namespace Iggy.Gateway.Metrics;

/// <summary>What is stored, and what it takes: looked up when somebody asks, so that it is true after a restart too.</summary>
/// <remarks>A look asks every topic and every open partition, and anybody may ask for metrics: so one look serves for a second. It opens nothing.</remarks>
internal sealed class ServerFigures : IDisposable
{
    private static readonly TimeSpan _goodFor = TimeSpan.FromSeconds(1);

    private readonly SystemCommands _system;
    private readonly SessionRegistry _sessions;
    private readonly IGrainFactory _grains;
    private readonly HostFigures _host;
    private readonly DataDisk _disk;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _looking = new(1);
    private long _lookedAt;

    /// <summary>Makes the instruments.</summary>
    public ServerFigures(
        SystemCommands system, SessionRegistry sessions, IGrainFactory grains, HostFigures host, DataDisk disk, IDescriptorBudget descriptors, LoginThrottle logins, TimeProvider clock, IMeterFactory meters)
    {
        (_system, _sessions, _grains, _host, _disk, _clock) = (system, sessions, grains, host, disk, clock);
        var meter = meters.Create(MeterNames.Storage);
        meter.CreateObservableGauge("iggy.storage.messages.size", () => (long)Latest.Totals.SizeBytes, "By", "Bytes of the messages kept, 64 for each header.");
        meter.CreateObservableGauge("iggy.storage.disk.free", () => (long)Latest.Host.FreeDiskBytes, "By", "Free space on the disk of the data folder.");
        meter.CreateObservableGauge("iggy.storage.disk.size", () => (long)Latest.Host.DiskBytes, "By", "Size of the disk of the data folder.");
        meter.CreateObservableGauge("iggy.consumer.lag", () => (long)Latest.Totals.LagMessages, "{message}", "Messages behind the slowest stored offset of each partition, summed.");
        meter.CreateObservableGauge("iggy.consumer.lag.max", () => (long)Latest.Totals.MaxLagMessages, "{message}", "The same of the partition where it is largest.");
        meter.CreateObservableGauge("iggy.partitions.unknown", () => (long)Latest.Totals.UnknownPartitions, "{partition}", "Partitions that are in no other figure: not closed in order, and not opened since.");
        meter.CreateObservableGauge("iggy.process.memory", () => (long)Latest.Host.MemoryBytes, "By", "Memory of the server that is resident.");
        meter.CreateObservableGauge("iggy.connection.descriptors", () => descriptors.InUse, "{descriptor}", "Descriptors that connections have, those that are waited for included.");
        meter.CreateObservableGauge("iggy.connection.descriptors.limit", () => descriptors.Limit, "{descriptor}", "The most that they may have.");
        meter.CreateObservableGauge("iggy.connections", Connections, "{connection}", "Open sessions, by the transport they came over.");
        meter.CreateObservableCounter("iggy.login.failures", () => logins.FailuresCount, "{login}", "Logins with a wrong password or token, and of names that nobody has.");
        meter.CreateObservableCounter("iggy.storage.written", () => (long)Latest.Host.WrittenBytes, "By", "Bytes that the server had written to disks.");
        meter.CreateObservableCounter("iggy.storage.read", () => (long)Latest.Host.ReadBytes, "By", "Bytes that the server had read from disks.");
    }

    private IEnumerable<Measurement<int>> Connections()
    {
        var counts = new Dictionary<string, int> { ["tcp"] = 0, ["quic"] = 0, ["ws"] = 0, ["http"] = 0, ["grpc"] = 0 }; // each is there, with 0 too
        foreach (var session in _sessions.List())
            CollectionsMarshal.GetValueRefOrAddDefault(counts, TransportNames.Of(session.Transport), out _)++;
        return counts.Select(static one => new Measurement<int>(one.Value, new KeyValuePair<string, object?>("transport", one.Key)));
    }

    /// <summary>What the last look found.</summary>
    public Figures Latest { get; private set; } = new(default, 0, 0, default);

    /// <summary>Looks, unless somebody did just now.</summary>
    public async Task<Figures> LookAsync()
    {
        await _looking.WaitAsync();
        try
        {
            if (_lookedAt == 0 || _clock.GetElapsedTime(_lookedAt) > _goodFor)
            {
                var users = await _grains.GetGrain<IUserDirectoryGrain>(0).ListAsync();
                Latest = new Figures(await _system.TotalsAsync(), (uint)users.Length, (uint)_sessions.Count, _host.Read(_disk.Path));
                _lookedAt = _clock.GetTimestamp();
            }
            return Latest;
        }
        finally
        {
            _looking.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _looking.Dispose();

    /// <summary>One look.</summary>
    internal sealed record Figures(CatalogTotals Totals, uint Users, uint Clients, HostFigures.Figures Host);
}
