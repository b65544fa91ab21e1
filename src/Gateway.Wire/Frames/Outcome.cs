using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;

namespace Iggy.Gateway.Wire.Frames;

/// <summary>How a request ended.</summary>
/// <param name="Error">What the reply says.</param>
/// <param name="Messages">A reply that a grain wrote, with room for the head in front; null when the reply lies in the reply buffer. Owned by the receiver.</param>
/// <param name="RequestMayStillBeRead">The call into a grain was given up: the grain may yet read the request's bytes, so they must not change.</param>
internal readonly record struct Outcome(IggyError Error, PooledBytes? Messages = null, bool RequestMayStillBeRead = false);
