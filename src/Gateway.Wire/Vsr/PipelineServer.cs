using Iggy.Gateway.Routing;
using Iggy.Gateway.Wire.Frames;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>What all connections of the 0.12 line share.</summary>
/// <param name="Dispatcher">With the table of this line.</param>
/// <param name="Sessions">Who is logged in.</param>
/// <param name="Positions">Numbers of sessions and of metadata.</param>
/// <param name="Waits">Of reads.</param>
/// <param name="Window">Versions that are taken.</param>
/// <param name="Logger">For connections that break.</param>
internal sealed record PipelineServer(
    CommandDispatcher Dispatcher, LogicalSessions Sessions, Positions Positions, WaitingRequests Waits, VersionWindows Window, ILogger<RequestPipeline> Logger);
