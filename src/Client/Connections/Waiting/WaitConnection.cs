using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Iggy.Primitives;
using Iggy.Protocol;
using Iggy.Protocol.Vsr;
using Iggy.Protocol.Vsr12;

namespace Iggy.Client.Connections.Waiting;

/// <summary>A connection of the 0.12 line on which reads wait, many at a time, answered by number. Whatever goes wrong ends it.</summary>
internal sealed class WaitConnection : IAsyncDisposable
{
    // Histories that are remembered; at the bound all are asked for anew.
    private const int MostRoutes = 4096;

    // The longest table of a reply. The message behind it is dropped: the poll that follows gets it, as its reader wants it.
    private const int MostKeptBytes = sizeof(uint) + (FetchRequest.MostTargets * FetchSection.SizeInBytes);

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    private readonly Stream _stream;
    private readonly IggyClientOptions _options;
    private readonly WaitFrames _frames;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly ConcurrentDictionary<ulong, TaskCompletionSource<(IggyError Status, byte[] Body)>> _asked = new(); // bounded by the waits of the owner
    private readonly ConcurrentDictionary<(Identifier Stream, Identifier Topic, uint Partition), ulong> _routes = new();
    private readonly byte[] _dropped = new byte[16 * 1024];
    private readonly CancellationTokenSource _stop = new();
    private Task _reading = Task.CompletedTask;
    private ulong _request;

    private WaitConnection(Stream stream, IggyClientOptions options)
    {
        (_stream, _options) = (stream, options);
        _frames = new WaitFrames(BinaryPrimitives.ReadUInt128LittleEndian(Guid.NewGuid().ToByteArray()));
    }

    /// <summary>Whether nothing can be asked any more.</summary>
    public bool IsEnded => _stop.IsCancellationRequested;

    /// <summary>Logs in on a stream, which it owns from now on.</summary>
    /// <exception cref="IggyException">The server refused: it does not know the line, or not the user.</exception>
    /// <exception cref="IOException">The stream broke.</exception>
    public static async Task<WaitConnection> LogInAsync(Stream stream, Credentials credentials, IggyClientOptions options, CancellationToken cancellationToken)
    {
        var connection = new WaitConnection(stream, options);
        try
        {
            using (var frame = connection._frames.Register(credentials, ImmutableArray.Create(RandomNumberGenerator.GetBytes((int)RegisterRequest.SecretBytes))))
                await stream.WriteAsync(frame.Written, cancellationToken);
            var (header, body) = await connection.ReceiveAsync(cancellationToken);
            connection._frames.Session = ReadLogin(header, body);
            connection._reading = connection.ReadAsync();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>As <see cref="IArrivals.WaitAsync"/>.</summary>
    public async ValueTask<ImmutableArray<ReadPosition>> WaitAsync(
        Identifier stream, Identifier topic, ImmutableArray<ReadPosition> positions, TimeSpan longest, CancellationToken cancellationToken)
    {
        var targets = ImmutableArray.CreateBuilder<FetchTarget>(positions.Length);
        foreach (var (partitionId, offset) in positions)
        {
            if (!_routes.TryGetValue((stream, topic, partitionId), out var incarnation))
            {
                var (refusal, route) = await AskAsync(number => _frames.Route(number, stream, topic, partitionId), _patience, cancellationToken);
                if (refusal is not IggyError.None)
                    return default;
                incarnation = Read<PartitionRouteReply>(route).Incarnation;
                if (_routes.Count >= MostRoutes)
                    _routes.Clear();
                _routes[(stream, topic, partitionId)] = incarnation;
            }
            targets.Add(new(partitionId, PollingStrategy.FromOffset(offset), ReadPatience.LeastBytes, incarnation, OwnerGeneration: 0));
        }

        var (status, body) = await AskAsync(number => _frames.Wait(number, stream, topic, targets.ToImmutable(), longest), longest + _patience, cancellationToken);
        if (status is not IggyError.None)
            return default;
        var arrived = ImmutableArray.CreateBuilder<ReadPosition>();
        var refused = 0;
        foreach (var section in Read<FetchTable>(body).Sections)
        {
            if (section.Status is IggyError.None)
            {
                arrived.Add(new(section.PartitionId, section.NextOffset));
                continue;
            }
            _routes.TryRemove((stream, topic, section.PartitionId), out _); // another history, or none: asked for anew
            refused++;
        }
        return refused > 0 && arrived.Count == 0 ? default : arrived.ToImmutable();
    }

    /// <summary>Ends it; who waits gets nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _stream.DisposeAsync();
        await _reading;
    }

    private static ulong ReadLogin(ReadOnlySpan<byte> header, byte[] body)
    {
        if (ReplyHeader.CommandOf(header) is FrameCommand.Eviction)
            throw new IggyException(Eviction.Read(header).ToError(), "The server takes no reads that wait.");
        var status = ReplyHeader.Read(header).Status;
        var reader = new WireReader(body);
        if (status is IggyError.None)
            status = ResultSection.Read(ref reader);
        var login = status is IggyError.None ? RegisterReply.Read(ref reader) : default;
        if (status is not IggyError.None || reader.Error is not IggyError.None)
            throw new IggyException(status is IggyError.None ? reader.Error : status, "The server takes no reads that wait.");
        return login.Session;
    }

    private static T Read<T>(byte[] body) where T : IWireValue<T>
    {
        var reader = new WireReader(body);
        var value = T.Read(ref reader);
        return reader.Error is IggyError.None ? value : throw new InvalidDataException($"A reply to a wait can't be read: {reader.Error}.");
    }

    private async Task<(IggyError Status, byte[] Body)> AskAsync(Func<ulong, PooledBuffer> request, TimeSpan longest, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _request);
        var answer = new TaskCompletionSource<(IggyError, byte[])>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[number] = answer;
        try
        {
            using (var frame = request(number))
                await WriteAsync(frame.Written);
            return await answer.Task.WaitAsync(longest, _options.Clock, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && !IsEnded)
        {
            using (var frame = _frames.Cancel(number))
                await WriteAsync(frame.Written); // its reply is dropped
            throw;
        }
        finally
        {
            _asked.TryRemove(number, out _);
        }
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> frame)
    {
        await _writing.WaitAsync(_stop.Token);
        try
        {
            await _stream.WriteAsync(frame, _stop.Token);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                var (header, body) = await ReceiveAsync(_stop.Token);
                if (ReplyHeader.CommandOf(header) is not FrameCommand.Reply)
                    return; // an eviction: the session is over
                var reply = ReplyHeader.Read(header);
                if (_asked.TryRemove(reply.Request, out var answer))
                    answer.TrySetResult((reply.Status, body));
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or OperationCanceledException or ObjectDisposedException)
        {
            return; // who waits is told below, and polls instead
        }
        finally
        {
            await _stop.CancelAsync();
            foreach (var answer in _asked.Values)
                answer.TrySetException(new IOException("The connection for waits ended."));
        }
    }

    private async Task<(byte[] Header, byte[] Body)> ReceiveAsync(CancellationToken cancellationToken)
    {
        var header = new byte[ReplyHeader.SizeInBytes];
        await _stream.ReadExactlyAsync(header, cancellationToken);
        if (ReplyHeader.CommandOf(header) is FrameCommand.Eviction)
            return (header, []);
        var bytes = ReplyHeader.Read(header).SizeBytes;
        if (ReplyHeader.CommandOf(header) is not FrameCommand.Reply || bytes < ReplyHeader.SizeInBytes || bytes > (uint)_options.MaxReplyBytes)
            throw new InvalidDataException($"A frame of {bytes} bytes; allowed: a reply of {ReplyHeader.SizeInBytes} to {_options.MaxReplyBytes} (MaxReplyBytes).");
        var left = (int)bytes - ReplyHeader.SizeInBytes;
        var body = new byte[Math.Min(left, MostKeptBytes)];
        await _stream.ReadExactlyAsync(body, cancellationToken);
        for (left -= body.Length; left > 0;)
        {
            var rest = await _stream.ReadAsync(_dropped.AsMemory(0, Math.Min(left, _dropped.Length)), cancellationToken);
            left -= rest > 0 ? rest : throw new EndOfStreamException("The server closed the connection inside a reply.");
        }
        return (header, body);
    }
}
