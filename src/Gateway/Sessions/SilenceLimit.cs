using Iggy.Protocol;

namespace Iggy.Gateway.Sessions;

/// <summary>How long sessions of a transport may be silent, whatever is said of heartbeats: for front ends whose clients have no connection that ends.</summary>
/// <param name="Transport">The transport.</param>
/// <param name="Limit">More than 0; null where that front end is off.</param>
internal sealed record SilenceLimit(TransportKind Transport, TimeSpan? Limit);
