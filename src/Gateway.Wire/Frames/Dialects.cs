using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Partitions;

namespace Iggy.Gateway.Wire.Frames;

/// <summary>What follows from a dialect for what grains write themselves.</summary>
internal static class Dialects
{
    /// <summary>How messages lie in a poll reply.</summary>
    public static MessageLayout Layout(this Dialect dialect) => dialect is Dialect.Vsr ? MessageLayout.Compact : MessageLayout.Classic;
}
