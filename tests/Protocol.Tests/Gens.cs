using System.Text;
using CsCheck;
using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Tests;

/// <summary>Values of every shape that the protocol can carry.</summary>
internal static class Gens
{
    // Runes, so that no half of a surrogate pair gets in; at most 63 of up to 4 bytes, so that a length of one byte is enough.
    private static readonly Gen<string> Runes = Gen.OneOf(Gen.Int[0x20, 0x7e], Gen.Int[0xa1, 0xd7ff], Gen.Int[0xe000, 0x10ffff])
        .Array[1, 63].Select(runes => string.Concat(runes.Select(rune => new Rune(rune).ToString())));

    public static readonly Gen<string> Name = Gen.OneOf(Gen.Char['a', 'z'].Array[1, 255].Select(chars => new string(chars)), Runes);

    public static readonly Gen<Identifier> Identifier = Gen.OneOf(Gen.UInt.Select(id => new Identifier(id)), Name.Select(name => new Identifier(name)));

    public static readonly Gen<uint?> OptionalPartition = Gen.Select(Gen.Bool, Gen.UInt, (isGiven, id) => isGiven ? id : (uint?)null);

    public static readonly Gen<ConsumerAddress> Address = Gen.Select(
        Gen.Bool.Select(isGroup => isGroup ? ConsumerKind.Group : ConsumerKind.Single), Identifier, Identifier, Identifier, OptionalPartition,
        (kind, consumer, stream, topic, partition) => new ConsumerAddress(new(kind, consumer), stream, topic, partition));

    public static readonly Gen<PollMessagesRequest> Poll = Gen.Select(
        Address, Gen.Int[1, 5], Gen.ULong, Gen.UInt, Gen.Bool,
        (address, kind, value, count, commit) => new PollMessagesRequest(address, new((PollingKind)kind, value), count, commit));

    public static readonly Gen<CreateTopicRequest> CreateTopic = Gen.Select(
        Identifier, Gen.UInt, Gen.Byte, Gen.Select(Gen.ULong, Gen.ULong), Gen.Byte, Name,
        (stream, partitions, compression, sizes, copies, name) =>
            new CreateTopicRequest(stream, partitions, (CompressionAlgorithm)compression, sizes.Item1, sizes.Item2, copies, name));

    public static readonly Gen<UpdateUserRequest> UpdateUser = Gen.Select(
        Identifier, Name, Gen.Bool, Gen.Byte, Gen.Bool,
        (user, name, hasName, status, hasStatus) => new UpdateUserRequest(user, hasName ? name : null, hasStatus ? (UserStatus)status : null));

    private static readonly Gen<StreamPermissions> Stream = Gen.Select(
        Gen.UInt, Gen.Int[0, 63], Gen.Select(Gen.UInt, Gen.Int[0, 15], (id, flags) => new TopicPermissions(id, (TopicPermissionFlags)flags)).Array[0, 4],
        (id, flags, topics) => new StreamPermissions(id, (StreamPermissionFlags)flags, [.. topics.DistinctBy(topic => topic.TopicId)]));

    public static readonly Gen<Permissions> Permissions = Gen.Select(
        Gen.Int[0, 1023], Stream.Array[0, 4],
        (flags, streams) => new Permissions((GlobalPermissions)flags, [.. streams.DistinctBy(stream => stream.StreamId)]));

    public static readonly Gen<Partitioning> Partitioning = Gen.OneOf(
        Gen.Const(Protocol.Partitioning.Balanced),
        Gen.UInt.Select(Protocol.Partitioning.ToPartition),
        Gen.Byte.Array[1, 255].Select(key => Protocol.Partitioning.ByKey(key)));

    public static readonly Gen<OutgoingMessage> Message = Gen.Select(
        Gen.Byte.Array[0, 200], Gen.Byte.Array[0, 60], Gen.ULong, Gen.ULong, Gen.ULong,
        (payload, headers, high, low, origin) => new OutgoingMessage(payload, headers, new UInt128(high, low), origin));
}
