using System.Globalization;
using System.Text;
using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Tests;

/// <summary>Says what was decoded in the words of the notes in the captured requests, so that every field is compared.</summary>
internal static class NoteText
{
    public static string Id(Identifier id) => id.Name is { } name ? $"\"{name}\"" : string.Create(CultureInfo.InvariantCulture, $"#{id.Number}");

    public static string Topic(Identifier stream, Identifier topic) => $"stream {Id(stream)}, topic {Id(topic)}";

    public static string Group(Identifier stream, Identifier topic, Identifier group) => $"{Topic(stream, topic)}, group {Id(group)}";

    public static string Address(ConsumerAddress address) =>
        $"consumer kind {(byte)address.Consumer.Kind} {Id(address.Consumer.Id)}, {Topic(address.Stream, address.Topic)}, partition {OrNone(address.PartitionId)}";

    public static string Poll(PollMessagesRequest poll) =>
        $"{Address(poll.Address)}, strategy kind {(byte)poll.Strategy.Kind} value {poll.Strategy.Value}, count {poll.Count}, auto commit {poll.AutoCommit}";

    public static string UpdateUser(UpdateUserRequest request) =>
        $"user {Id(request.User)}, new username {(request.Username is { } name ? $"'{name}'" : "None")}, new status {OrNone((byte?)request.Status)}";

    public static string Permissions(Permissions? permissions)
    {
        if (permissions is null)
            return "null";
        var streams = permissions.Streams.Select(stream =>
            $"\"{stream.StreamId}\": {{\"flags\": {Flags((uint)stream.Flags, 6)}, \"topics\": {{{string.Join(", ", stream.Topics.Select(topic =>
                $"\"{topic.TopicId}\": {Flags((uint)topic.Flags, 4)}"))}}}}}");
        return $"{{\"global\": {Flags((uint)permissions.Global, 10)}, \"streams\": {{{string.Join(", ", streams)}}}}}";
    }

    public static string Send(SendMessagesRequest request)
    {
        var messages = new List<string>();
        var walk = new ClassicMessageEnumerator(request.Messages);
        while (walk.MoveNext())
            messages.Add(Message(walk.Current));

        var partitioning = request.Partitioning.Kind switch
        {
            PartitioningKind.Balanced => "None",
            PartitioningKind.PartitionId => request.Partitioning.PartitionId.ToString(CultureInfo.InvariantCulture),
            _ => PythonBytes(request.Partitioning.Value),
        };
        var text = $"{Topic(request.Stream.ToIdentifier(), request.Topic.ToIdentifier())}, partitioning kind {(byte)request.Partitioning.Kind} {partitioning}, {request.MessagesCount} messages";
        if (messages.Count > 0)
            text += $"; first: {messages[0]}";
        return messages.Count > 1 ? $"{text}; last: {messages[^1]}" : text;
    }

    private static string Message(ClassicMessage message)
    {
        var headers = new List<string>();
        var walk = new UserHeaderEnumerator(message.UserHeaders);
        while (walk.MoveNext())
        {
            _ = walk.Key.TryGetText(out var key); // all captured keys are texts; a spoilt one may be anything
            headers.Add($"({(byte)walk.Key.Kind}, '{key}', {(byte)walk.Value.Kind}, '{Convert.ToHexStringLower(walk.Value.Bytes)}')");
        }
        if (walk.Error is not IggyError.None)
            headers.Add(walk.Error.ToString()); // no fault of the request: the server hands headers on as they are
        var header = message.Header;
        return $"checksum 0x{header.Checksum:x} id 0x{header.Id:x} offset {header.Offset} timestamp {header.TimestampMicros} " +
            $"origin {header.OriginTimestampMicros} payload {PythonBytes(message.Payload)} headers [{string.Join(", ", headers)}]";
    }

    private static string OrNone<T>(T? value) where T : struct => value is { } given ? $"{given}" : "None";

    private static string Flags(uint flags, int count) => $"[{string.Join(", ", Enumerable.Range(0, count).Select(bit => (flags >> bit) & 1))}]";

    // The notes were written by Python.
    private static string PythonBytes(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder("b'");
        foreach (var value in bytes)
        {
            _ = value switch
            {
                (byte)'\n' => text.Append("\\n"),
                >= 0x20 and < 0x7f => text.Append((char)value),
                _ => text.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}"),
            };
        }
        return text.Append('\'').ToString();
    }
}
