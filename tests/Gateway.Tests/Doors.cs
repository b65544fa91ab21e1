using Iggy.Gateway.Limits;
using Iggy.Grains.Interfaces.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Tests;

/// <summary>Doors of listeners for tests.</summary>
internal static class Doors
{
    public static ConnectionGuard Guard(FrameLimits limits, IDescriptorBudget descriptors, TimeProvider? clock = null, ILogger<ConnectionGuard>? logger = null) =>
        new(Options.Create(limits), descriptors, clock ?? TimeProvider.System, logger ?? NullLogger<ConnectionGuard>.Instance);

    public static ListenerDoor Open(ConnectionGuard guard, int maxConnections, bool takesDescriptors = true, TimeProvider? clock = null) =>
        new(guard, new DoorSettings("Test", maxConnections, takesDescriptors), clock ?? TimeProvider.System, NullLogger.Instance);

    public static ListenerDoor Open(FrameLimits limits, IDescriptorBudget descriptors, int maxConnections, TimeProvider? clock = null) =>
        Open(Guard(limits, descriptors, clock), maxConnections, clock: clock);
}
