using Iggy.Client.Connections;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Client;

public sealed partial class IggyClient
{
    /// <summary>Adds a stream.</summary>
    /// <param name="name">1 to 255 bytes, kept as given.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IggyException"><see cref="IggyError.StreamNameAlreadyExists"/>, among others.</exception>
    public ValueTask<StreamRecord> CreateStreamAsync(string name, CancellationToken cancellationToken = default) =>
        _server.GetAsync<CreateStreamRequest, StreamRecord>(CommandCode.CreateStream, new(name), Repeat.Never, cancellationToken);

    /// <summary>One stream with its topics, or null.</summary>
    public async ValueTask<StreamDetails?> GetStreamAsync(Identifier stream, CancellationToken cancellationToken = default) =>
        (await _server.FindAsync<GetStreamRequest, StreamDetails>(CommandCode.GetStream, new(stream), cancellationToken)).Value;

    /// <summary>All streams, by id.</summary>
    public ValueTask<IReadOnlyList<StreamRecord>> GetStreamsAsync(CancellationToken cancellationToken = default) =>
        _server.ListAsync<NoBody, StreamRecord>(CommandCode.GetStreams, default, cancellationToken);

    /// <summary>Renames a stream.</summary>
    public ValueTask UpdateStreamAsync(Identifier stream, string name, CancellationToken cancellationToken = default) =>
        DoAsync(new UpdateStreamRequest(stream, name), cancellationToken);

    /// <summary>Removes a stream with all it holds.</summary>
    public ValueTask DeleteStreamAsync(Identifier stream, CancellationToken cancellationToken = default) =>
        DoAsync(new DeleteStreamRequest(stream), cancellationToken);

    /// <summary>Removes all messages and stored offsets of all topics.</summary>
    public ValueTask PurgeStreamAsync(Identifier stream, CancellationToken cancellationToken = default) =>
        DoAsync(new PurgeStreamRequest(stream), cancellationToken);
}
