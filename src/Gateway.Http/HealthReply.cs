namespace Iggy.Gateway.Http;

/// <summary>Whether the server is well.</summary>
/// <param name="Status">In one word.</param>
/// <param name="Checks">What was looked at, by name.</param>
internal sealed record HealthReply(string Status, IReadOnlyDictionary<string, HealthCheckReply> Checks);

/// <summary>One thing that was looked at.</summary>
/// <param name="Status"><c>ok</c>, <c>degraded</c> or <c>failed</c>.</param>
/// <param name="Detail">For people; null when it is well.</param>
internal sealed record HealthCheckReply(string Status, string? Detail);
