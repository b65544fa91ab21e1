using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Transports;
using Iggy.Protocol.Vsr;
using Iggy.Protocol;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>Answers on one stream of the newer dialect: the one place that knows which refusal goes out in which form. Every method sends exactly one
/// frame and says whether the connection may go on.</summary>
internal sealed class VsrReplyWriter(IByteStream stream, VersionWindow window, Positions? positions = null) : IDisposable
{
    private readonly ReplyBuffer _buffer = new(ReplyHeader.SizeInBytes);

    /// <summary>Where a request's body and what it says of its partition are looked up, and its reply is written.</summary>
    public ReplyBuffer Buffer => _buffer;

    /// <summary>Where a body is written; after <see cref="Begin"/>.</summary>
    public WireWriter Body => new(_buffer);

    /// <summary>The log position that replies tell. Nobody reads it; it grows.</summary>
    public ulong Op { get; set; }

    public void Dispose() => _buffer.Dispose();

    /// <summary>An empty reply to an operation, with the section in front that such a reply begins with.</summary>
    public ReplyBuffer Begin(Operation operation)
    {
        _buffer.Clear();
        if (operation.IsFramed())
            ResultSection.WriteSuccess(Body);
        return _buffer;
    }

    /// <summary>A success without a body.</summary>
    public ValueTask<bool> AnswerEmptyAsync(RequestHeader header)
    {
        _buffer.Clear();
        return SendAsync(header, IggyError.None, replies: null);
    }

    /// <summary>What came of a command.</summary>
    /// <param name="header">The request.</param>
    /// <param name="outcome">The body of a success is in the buffer, or comes with it.</param>
    /// <param name="replies">Keep the reply, for a request that may be repeated; else null.</param>
    public ValueTask<bool> AnswerAsync(RequestHeader header, Outcome outcome, KeptReplies? replies = null)
    {
        if (outcome.Messages is not null || outcome.Large is not null)
            return SendMessagesAsync(header, outcome);
        if (outcome.Error is IggyError.None)
            return SendAsync(header, IggyError.None, replies);
        if (outcome.Error is IggyError.ClientNotFound or IggyError.StaleClient)
            return EvictAndCloseAsync(header, outcome.Error is IggyError.StaleClient ? EvictionReason.StaleClient : EvictionReason.NoSession);

        // Of a send or an offset that may be done: the one status that does not say "not done". SDKs repeat the request.
        if (outcome.IsUnknown && header.Operation.IsPartition())
            return SendEmptyAsync(header, IggyError.TransientNotCommitted, replies: null);

        var error = Translate(header.Operation, outcome.Error);
        if (positions is not null)
            error = Translate12(error);
        // What became of it nobody knows: a denial would say that it was not done, and what is not kept is done again for a repeat.
        var isUnknown = outcome.RequestMayStillBeRead && header.Operation.IsMetadata();
        if (isUnknown && !header.Operation.IsFramed())
            return SendEmptyAsync(header, error, replies);
        if (!isUnknown && !IsRejection(header.Operation, error))
            return DenyAsync(header, error);
        _buffer.Clear();
        ResultSection.WriteRejection(Body, error);
        return SendAsync(header, IggyError.None, replies);
    }

    /// <summary>Refused before it was carried out: a status and nothing else.</summary>
    public ValueTask<bool> DenyAsync(RequestHeader header, IggyError error) => SendEmptyAsync(header, error, replies: null);

    /// <summary>As <see cref="DenyAsync"/>, for a frame after which nothing can be read.</summary>
    public async ValueTask<bool> DenyAndCloseAsync(RequestHeader header, IggyError error)
    {
        await DenyAsync(header, error);
        return false;
    }

    /// <summary>The session, or the login, is refused.</summary>
    public async ValueTask<bool> EvictAsync(RequestHeader header, EvictionReason reason)
    {
        await EvictAsync(header.Client, reason);
        return true;
    }

    /// <summary>As the other, unasked.</summary>
    public ValueTask EvictAsync(UInt128 client, EvictionReason reason)
    {
        _buffer.Clear();
        new Eviction(client, reason, reason is EvictionReason.IncompatibleProtocol ? window : null).Write(_buffer.Frame.Span);
        return stream.SendAsync(_buffer.Frame);
    }

    /// <summary>As <see cref="EvictAsync(RequestHeader, EvictionReason)"/>, where the connection is of no use afterwards.</summary>
    public async ValueTask<bool> EvictAndCloseAsync(RequestHeader header, EvictionReason reason)
    {
        await EvictAsync(header, reason);
        return false;
    }

    private ValueTask<bool> SendEmptyAsync(RequestHeader header, IggyError status, KeptReplies? replies)
    {
        _buffer.Clear();
        return SendAsync(header, status, replies);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> SendAsync(RequestHeader header, IggyError status, KeptReplies? replies)
    {
        HeadOf(in header, _buffer.PayloadBytes, status).Write(_buffer.Frame.Span);
        // The secret of a token is shown once: a repeat hears that the token is there.
        var isSecret = header.Operation is Operation.CreatePersonalAccessToken && _buffer.PayloadBytes > ResultSection.SuccessBytes && IsSuccess();
        replies?.Keep(in header, isSecret ? default : _buffer.Frame.Span);
        await stream.SendAsync(_buffer.Frame);
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> SendMessagesAsync(RequestHeader header, Outcome outcome)
    {
        using var sent = outcome;
        if (outcome.Large is { } large)
        {
            HeadOf(in header, checked((int)(_buffer.PayloadBytes + large.Bytes)), IggyError.None).Write(_buffer.Frame.Span);
            await stream.SendAsync(_buffer.Frame, large);
            return true;
        }
        var frame = MemoryMarshal.AsMemory(outcome.Messages!.Bytes);
        HeadOf(in header, frame.Length - ReplyHeader.SizeInBytes, IggyError.None).Write(frame.Span);
        await stream.SendAsync(frame);
        return true;
    }

    // In the 0.12 line a reply says whether it is the end of a numbered request, and a position only then.
    private ReplyHeader HeadOf(in RequestHeader header, int bodyBytes, IggyError status)
    {
        if (positions is null)
            return ReplyHeader.To(in header, bodyBytes, status, NextOp(header.Operation, status));
        var isCommitted = status is IggyError.None && header.Operation is not Operation.NonReplicated;
        var op = !isCommitted ? 0
            : header.Operation is Operation.Register ? Op
            : header.Operation.IsMetadata() || header.Operation is Operation.Logout ? positions.Next() : positions.Current;
        return ReplyHeader.To(in header, bodyBytes, status, op) with { IsCommitted = isCommitted, PartitionIncarnation = header.PartitionIncarnation };
    }

    private bool IsSuccess() => !_buffer.Frame.Span.Slice(ReplyHeader.SizeInBytes, ResultSection.SuccessBytes).ContainsAnyExcept((byte)0);

    private ulong NextOp(Operation operation, IggyError status) =>
        status is IggyError.None && operation is not (Operation.NonReplicated or Operation.Register or Operation.Logout) ? ++Op : Op;

    // A rejection is the answer of the state of things and is kept for repeats; what was never carried out is denied, and may be asked again.
    private static bool IsRejection(Operation operation, IggyError error) => operation.IsMetadata() && operation.IsFramed() && error is not (
        IggyError.Unauthenticated or IggyError.Unauthorized or IggyError.InvalidCommand or IggyError.InvalidFormat
        or IggyError.OptionNotUpdatable or IggyError.OptionNotResettable or IggyError.ReadOnlyOption or IggyError.StreamEncryptionUnavailable
        or IggyError.InvalidEncryptionKey or IggyError.TransientNotCommitted or IggyError.TransientNotAccepted
        or IggyError.UnsupportedOptionKey or IggyError.InvalidOptionValue or IggyError.OptionsBlockTooLarge
        or IggyError.TooManyPartitions or IggyError.InvalidTopicSize or IggyError.PersonalAccessTokensLimitReached
        or IggyError.Error or IggyError.TaskTimeout or IggyError.IoError);

    // Codes that the 0.12 line alone has.
    private static IggyError Translate12(IggyError error) => error switch
    {
        IggyError.CannotOpenConsumerOffsetsFile => IggyError.TooManyConsumerOffsets,
        IggyError.CannotCreateConsumerGroupInfo => IggyError.TooManyConsumerGroups,
        _ => error,
    };

    // Codes that this dialect has and the classic one lacks; and one code for everything that a send or an offset is meant for and that is not there.
    private static IggyError Translate(Operation operation, IggyError error) => error switch
    {
        IggyError.StreamIdNotFound or IggyError.TopicIdNotFound or IggyError.PartitionNotFound or IggyError.ConsumerGroupIdNotFound
            when operation.IsPartition() => IggyError.ResourceNotFound,
        IggyError.CannotCreateStream => IggyError.TooManyStreams,
        IggyError.CannotCreateTopic => IggyError.TooManyTopics,
        IggyError.NotResolvedConsumer => IggyError.ConsumerGroupPartitionNotOwned,
        _ => error,
    };
}
