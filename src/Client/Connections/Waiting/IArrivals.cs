using System.Collections.Immutable;
using Iggy.Protocol;

namespace Iggy.Client.Connections.Waiting;

/// <summary>Waits at the server until messages come, so that nobody has to ask again and again.</summary>
internal interface IArrivals : IAsyncDisposable
{
    /// <summary>Waits. It is a hint: the poll after it tells what is there.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="positions">What is waited for: any message at or behind one of them.</param>
    /// <param name="longest">Of the wait.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Where messages came, each with the offset behind the first of them, or nothing when the time was over; the default when waiting is not possible now.</returns>
    ValueTask<ImmutableArray<ReadPosition>> WaitAsync(
        Identifier stream, Identifier topic, ImmutableArray<ReadPosition> positions, TimeSpan longest, CancellationToken cancellationToken);
}
