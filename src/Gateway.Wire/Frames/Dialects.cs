using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Partitions;

namespace Iggy.Gateway.Wire.Frames;

/// <summary>What follows from a dialect for what grains write themselves.</summary>
internal static class Dialects
{
    extension(Session session)
    {
        /// <summary>How messages lie in a poll reply.</summary>
        public MessageLayout Layout => session.Line.HasProducers ? MessageLayout.Numbered : session.Dialect is Dialect.Vsr ? MessageLayout.Compact : MessageLayout.Classic;
    }
}
