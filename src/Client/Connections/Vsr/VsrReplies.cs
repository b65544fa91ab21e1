using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;

namespace Iggy.Client.Connections.Vsr;

/// <summary>Bodies of the newer dialect as classic payloads. Options are left out: the settings among them have fields of their own.</summary>
internal static class VsrReplies
{
    /// <summary>Writes the payload of a successful reply. Faults stay in the reader.</summary>
    /// <param name="writer">Where it goes.</param>
    /// <param name="code">The command that was asked for.</param>
    /// <param name="reader">Stands behind the result section.</param>
    public static void WritePayload(WireWriter writer, CommandCode code, ref WireReader reader)
    {
        if (reader.IsAtEnd)
            return; // nothing: also what says that a thing is missing
        switch (code)
        {
            case CommandCode.SendMessages:
                reader.Rest(); // confirmations: a classic reply has none
                break;
            case CommandCode.PollMessages:
                WriteMessages(writer, ref reader);
                break;
            case CommandCode.GetStream or CommandCode.CreateStream:
                WriteStream(writer, ref reader);
                break;
            case CommandCode.GetStreams:
                while (!reader.IsAtEnd && reader.Error is IggyError.None)
                    VsrStreamRecord.Read(ref reader).Stream.Write(writer);
                break;
            case CommandCode.GetTopic or CommandCode.CreateTopic:
                var topic = VsrTopicDetails.Read(ref reader);
                if (reader.Error is IggyError.None)
                    new TopicDetails(topic.Topic.Topic, topic.Partitions).Write(writer);
                break;
            case CommandCode.GetTopics:
                foreach (var record in VsrTopicList.Read(ref reader).Topics)
                    record.Topic.Write(writer);
                break;
            case CommandCode.GetUser or CommandCode.CreateUser:
                var user = VsrUserDetails.Read(ref reader);
                if (reader.Error is IggyError.None)
                    new UserDetails(user.User.User, user.Permissions).Write(writer);
                break;
            case CommandCode.GetUsers:
                while (!reader.IsAtEnd && reader.Error is IggyError.None)
                    VsrUserRecord.Read(ref reader).User.Write(writer);
                break;
            default:
                writer.Bytes(reader.Rest());
                break;
        }
    }

    private static void WriteStream(WireWriter writer, ref WireReader reader)
    {
        var stream = VsrStreamDetails.Read(ref reader);
        if (reader.Error is not IggyError.None)
            return;
        stream.Stream.Stream.Write(writer);
        foreach (var topic in stream.Topics)
            topic.Topic.Write(writer);
    }

    // Of a member that owns no partition the number says so; whoever reads the reply makes nothing of it.
    private static void WriteMessages(WireWriter writer, ref WireReader reader)
    {
        if (VsrPollReply.TryRead(reader.Rest(), out var poll) is var fault and not IggyError.None)
        {
            reader.Fail(fault);
            return;
        }
        writer.U32(poll.PartitionId);
        writer.U64(poll.CurrentOffset);
        writer.U32(poll.MessagesCount);
        var messages = new BatchEnumerator(poll.Records);
        while (messages.MoveNext())
        {
            var message = messages.Current;
            writer.ClassicMessage(
                new ClassicMessageHeader
                {
                    Id = message.Header.Id,
                    Offset = message.Offset,
                    TimestampMicros = message.TimestampMicros,
                    OriginTimestampMicros = message.OriginTimestampMicros,
                },
                message.Payload, message.UserHeaders);
        }
    }
}
