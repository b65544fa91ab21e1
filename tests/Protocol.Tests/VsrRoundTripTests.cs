using CsCheck;
using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;

namespace Iggy.Protocol.Tests;

/// <summary>What is written in the newer dialect is read as it was.</summary>
public class VsrRoundTripTests
{
    private static readonly Gen<TopicOptions> Options = Gen.Select(
        Gen.Int[0, 4095], Gen.ULong[1, ulong.MaxValue], Gen.ULong[1, ulong.MaxValue], Gen.Int[0, 2046], Gen.Int[1, 16_777_216], Gen.Int[0, 1 << 30], Gen.Bool,
        (set, expiry, size, segment, count, bytes, flag) => new TopicOptions
        {
            Compression = (set & 1) == 0 ? null : flag ? CompressionAlgorithm.Gzip : CompressionAlgorithm.None,
            MessageExpiryMicros = (set & 2) == 0 ? null : expiry,
            MaxTopicSizeBytes = (set & 4) == 0 ? null : size,
            SegmentSizeBytes = (set & 8) == 0 ? null : (1 << 20) + ((ulong)segment * 512),
            EnforceFsync = (set & 16) == 0 ? null : flag,
            Durability = (set & 256) == 0 ? null : flag ? DurabilityOption.Persisted : DurabilityOption.Replicated,
            ConsumerOffsetDurability = (set & 512) == 0 ? null : flag ? DurabilityOption.Replicated : DurabilityOption.Persisted,
            MessagesRequiredToSave = (set & 32) == 0 ? null : (uint)count,
            SizeOfMessagesRequiredToSave = (set & 64) == 0 ? null : (ulong)bytes,
            PreallocateSegments = (set & 128) == 0 ? null : flag,
            LocalRetentionBytes = (set & 1024) == 0 ? null : size,
            LocalRetentionMicros = (set & 2048) == 0 ? null : expiry,
        });

    [Fact]
    public void CreateTopic_WrittenAndRead_IsEqual() => Gen.Select(Gens.Identifier, Gen.UInt, Gens.Name, Options).Sample((stream, count, name, options) =>
    {
        var request = new VsrCreateTopicRequest(stream, count, name, options);
        Assert.Equal(IggyError.None, WireValues.TryRead<VsrCreateTopicRequest>(Bytes.Of(request), out var read));
        Assert.Equal(request, read);
    });

    // Goal: explicit and derived options together are all that are offered, and what an older client has set besides; and none is in both.
    [Fact]
    public void Options_ExplicitAndDerived_AreAllOfThem() => Options.Sample(options =>
    {
        var (set, derived) = (options.ToPairs(), options.ToDerivedPairs(TopicOptions.Defaults));
        return set.Concat(derived).Select(pair => pair.Key).Order().SequenceEqual(
            TopicOptionCatalog.All.Where(option => (option.Lines & OptionLines.V11) != 0 && (option.IsOffered || option.Get(options) is not null)).Select(option => option.Key).Order());
    });

    // Goal: a client of Apache Iggy meets no name that it does not know. Method: what the server lists without being asked for it.
    [Fact]
    public void Options_OfThisServerAlone_AreToldOnlyWhereTheyAreSet()
    {
        string[] own = ["local_retention_bytes", "local_retention_time"];
        foreach (var lines in (OptionLines[])[OptionLines.V11, OptionLines.V12])
        {
            Assert.DoesNotContain(TopicOptionCatalog.All, option => own.Contains(option.Key) && option.IsOffered);
            Assert.DoesNotContain(TopicOptions.None.ToDerivedPairs(TopicOptions.Defaults, lines), pair => own.Contains(pair.Key));
            Assert.Equal(own, new TopicOptions { LocalRetentionBytes = 1, LocalRetentionMicros = 2 }.ToPairs(lines).Select(static pair => pair.Key));
        }
        Assert.True(new TopicOptions { LocalRetentionBytes = 1 }.HasFixed);
    }

    [Fact]
    public void Register_WrittenAndRead_IsEqual() => Gen.Select(Gen.UInt, Gens.Name, Gens.Name, Gens.Name, Gens.Name, Gen.Bool).Sample(
        (version, name, text, user, password, byToken) =>
        {
            var request = new RegisterRequest(new(version), name, text, byToken ? null : new(user, password), byToken ? password : null)
            {
                Secret = ProtocolLine.Of(new(version)).HasBindSecret ? [.. new byte[RegisterRequest.SecretBytes]] : default,
            };
            Assert.True(RegisterRequest.TryRead(Bytes.Of(request.Write), out var read));
            Assert.Equal(byToken ? request.Token : null, byToken ? read.Token : null);
            if (!byToken)
                Assert.Equal(request.Password, read.Password);
            return (read.Version, read.SdkName, read.SdkVersion) == (request.Version, name, text);
        });

    [Fact]
    public void Records_WrittenAndRead_AreEqual() => Gen.Select(Options, Gens.Name, Gen.UInt, Gen.ULong).Sample((options, name, id, number) =>
    {
        var topic = new VsrTopicRecord(new(id, number, 0, number, CompressionAlgorithm.Gzip, number, 1, number, number, name), options.ToPairs(), options.ToDerivedPairs(TopicOptions.Defaults));
        var stream = new VsrStreamDetails(new(new(id, number, 1, number, number, name), []), [topic]);
        Assert.Equal(IggyError.None, VsrStreamDetails.TryRead(Bytes.Of(stream), out var read));
        Assert.Equal(stream.Stream, read!.Stream);
        Assert.Equal(topic, Assert.Single(read.Topics));
        Assert.Equal(IggyError.None, VsrTopicList.TryRead(Bytes.Of(new VsrTopicList([topic, topic])), out var list));
        return list!.Topics.SequenceEqual([topic, topic]);
    });

    // Goal: the writer of a send makes batches that pass the server's checks and hold what went in, also with ids left to it.
    [Fact]
    public void Send_WrittenCheckedAndRead_IsEqual() =>
        Gen.Select(Gens.Identifier, Gens.Identifier, Gens.Partitioning, Gens.Message.Array[1, 99], Gen.UInt, Gen.Bool).Sample((stream, topic, partitioning, drawn, spread, noIds) =>
        {
            OutgoingMessage[] messages = [.. drawn.Select(message => message with
            {
                OriginTimestampMicros = VsrExample.T + (message.OriginTimestampMicros % (spread + 1UL)),
                Id = noIds ? 0 : message.Id,
            })];
            var body = Bytes.Of(writer => VsrSendWriter.Write(writer, stream, topic, partitioning, messages));
            Assert.Equal(IggyError.None, VsrSendRequest.TryRead(body, out var request));
            var batch = body.AsSpan(request.BatchRange);
            Assert.Equal(IggyError.None, Batch.Check(batch, request.MessagesCount));
            Assert.Equal(IggyError.None, Batch.CheckFrames(batch));
            Assert.Equal(partitioning.Kind, request.Partitioning.Kind);

            var walk = new BatchEnumerator(batch);
            foreach (var message in messages)
            {
                Assert.True(walk.MoveNext());
                Assert.Equal(message.Payload.Span, walk.Current.Payload);
                Assert.Equal(message.UserHeaders.Span, walk.Current.UserHeaders);
                Assert.Equal(message.OriginTimestampMicros, walk.Current.OriginTimestampMicros);
                Assert.True(message.Id == 0 ? walk.Current.Header.Id != 0 : walk.Current.Header.Id == message.Id);
            }
            Assert.False(walk.MoveNext());
        });

    [Fact]
    public void Send_TimesTooFarApart_IsRefused() => Assert.Throws<ArgumentException>(() => Bytes.Of(writer => VsrSendWriter.Write(
        writer, new(0), new(0), Partitioning.Balanced, [new(new byte[1], default, 1, 0), new(new byte[1], default, 2, uint.MaxValue + 1UL)])));

    [Fact]
    public void Operations_OfAllCommands_GoThereAndBack()
    {
        foreach (var operation in Enum.GetValues<Operation>().Where(operation => operation >= Operation.CreateStream))
            Assert.Equal(operation, Operations.Of(operation.ToCommand()));
        Assert.Equal(Operation.NonReplicated, Operations.Of(CommandCode.PollMessages));
        Assert.Equal(Operation.Logout, Operations.Of(CommandCode.LogoutUser));
        Assert.Equal(CommandCode.None, ((Operation)151).ToCommand());
        Assert.Equal(CommandCode.None, ((Operation)255).ToCommand());
        Assert.False(Operation.DeleteSegments.IsFramed() || Operation.SendMessages.IsFramed() || Operation.NonReplicated.IsFramed() || Operation.Logout.IsFramed());
        Assert.True(Operation.Register.IsFramed() && Operation.SegmentsDeleted.IsFramed() && Operation.LeaveConsumerGroup.IsFramed() && Operation.StoreConsumerOffset.IsFramed());
    }

    [Theory]
    [InlineData("0.11.0", true)]
    [InlineData("0.11.1023", true)]
    [InlineData("0.10.3", false)]
    [InlineData("0.12.0", false)]
    [InlineData("1.0.0", false)]
    public void Window_OfOneMinor_TakesItsPatches(string text, bool taken)
    {
        Assert.True(ProtocolVersion.TryParse(text, out var version));
        Assert.Equal(taken, new VersionWindow(ProtocolVersion.Current, ProtocolVersion.Current).Contains(version));
        Assert.False(new VersionWindow(ProtocolVersion.Current, ProtocolVersion.Current).Contains(new(version.Packed | 0x4000_0000)));
    }
}
