using System.Buffers.Binary;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Vsr;
using Iggy.Grains.Interfaces;
using Iggy.Protocol;
using Iggy.Protocol.Vsr;

namespace Iggy.Gateway.Tests;

/// <summary>A call whose end nobody knows is never told as not done, nor done twice under one number.</summary>
public sealed class UnknownOutcomeTests
{
    private const int StatusAt = 216;

    [Theory]
    [InlineData(Operation.CreateStream, IggyError.TaskTimeout)]
    [InlineData(Operation.CreateTopic, IggyError.Error)]
    [InlineData(Operation.DeleteSegments, IggyError.TaskTimeout)]
    public async Task Answer_OfAMetadataRequestThatMayBeDone_IsKeptForItsRepeat(Operation operation, IggyError error)
    {
        var (stream, replies, header) = (new ScriptedStream(), NewReplies(), Header(operation));
        using var writer = new VsrReplyWriter(stream, new VsrOptions().Windows().Told);
        await writer.AnswerAsync(header, new Outcome(error, RequestMayStillBeRead: true), replies);

        var reply = Assert.Single(stream.Replies);
        var (status, isFramed) = (BinaryPrimitives.ReadUInt32LittleEndian(reply.AsSpan(StatusAt)), operation.IsFramed());
        Assert.Equal(isFramed ? 0u : (uint)error, status); // a status with an empty body says that it was not carried out
        if (isFramed)
            Assert.Equal((1u, (uint)error), (BinaryPrimitives.ReadUInt32LittleEndian(reply.AsSpan(256)), BinaryPrimitives.ReadUInt32LittleEndian(reply.AsSpan(264))));
        Assert.Equal(RequestStanding.Repeated, replies.Judge(in header, out var kept));
        Assert.Equal(reply, kept.ToArray());
    }

    [Theory]
    [InlineData(Operation.CreateStream, IggyError.IoError, false, IggyError.IoError)] // the store refused: nothing was done
    [InlineData(Operation.CreateStream, IggyError.Unauthorized, false, IggyError.Unauthorized)]
    [InlineData(Operation.SendMessages, IggyError.CannotAppendMessage, false, IggyError.CannotAppendMessage)]
    [InlineData(Operation.SendMessages, IggyError.TaskTimeout, true, IggyError.TransientNotCommitted)] // has no number; a repeat is a second send in any case
    [InlineData(Operation.SendMessages, IggyError.TaskTimeout, false, IggyError.TransientNotCommitted)] // its sync failed
    [InlineData(Operation.SendMessages, IggyError.IoError, false, IggyError.IoError)]
    [InlineData(Operation.StoreConsumerOffset, IggyError.TaskTimeout, false, IggyError.TransientNotCommitted)]
    [InlineData(Operation.StoreConsumerOffset, IggyError.Error, true, IggyError.TransientNotCommitted)]
    public async Task Answer_OfWhatMayBeAskedAgain_IsAStatusThatIsNotKept(Operation operation, IggyError error, bool isUnknown, IggyError told)
    {
        var (stream, replies, header) = (new ScriptedStream(), NewReplies(), Header(operation));
        using var writer = new VsrReplyWriter(stream, new VsrOptions().Windows().Told);
        await writer.AnswerAsync(header, new Outcome(error, RequestMayStillBeRead: isUnknown), replies);
        Assert.Equal((uint)told, BinaryPrimitives.ReadUInt32LittleEndian(Assert.Single(stream.Replies).AsSpan(StatusAt)));
        Assert.Equal(RequestStanding.New, replies.Judge(in header, out _));
    }

    // Memory that a grain may still read must not go back to the pool, whatever the call ended with.
    [Fact]
    public void Is_AnyFailureButARefusal_IsUnknown()
    {
        foreach (var failure in new Exception[] { new TimeoutException(), new OperationCanceledException(), new InvalidOperationException(), new IOException() })
            Assert.True(UnknownOutcome.Is(failure));
        Assert.False(UnknownOutcome.Is(new RefusedException(Refusal.StorageFailed, "")));
        Assert.False(UnknownOutcome.Is(new CommandRefusedException(IggyError.PartitionNotFound)));
    }

    private static KeptReplies NewReplies() => new();

    private static RequestHeader Header(Operation operation) =>
        new(RequestHeader.SizeInBytes, FrameCommand.Request, Client: 7, RequestHeader.ChecksumOfNothing, Timestamp: 0, Request: 5, operation, Session: 1, CommandCode.None);
}
