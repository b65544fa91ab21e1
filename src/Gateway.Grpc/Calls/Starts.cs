using Iggy.Gateway.Errors;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;
using Iggy.V1;

namespace Iggy.Gateway.Grpc.Calls;

/// <summary>Where reading starts.</summary>
internal static class Starts
{
    /// <summary>For a partition.</summary>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.InvalidCommand"/>: no such start.</exception>
    public static (PollFrom From, ulong Value) Of(StartFrom from, ulong value) => from switch
    {
        StartFrom.Offset => (PollFrom.Offset, value),
        StartFrom.Timestamp => (PollFrom.Timestamp, value),
        StartFrom.First => (PollFrom.First, 0),
        StartFrom.Last => (PollFrom.Last, 0),
        StartFrom.Unspecified or StartFrom.Stored => (PollFrom.Next, 0),
        _ => throw new CommandRefusedException(IggyError.InvalidCommand),
    };
}
