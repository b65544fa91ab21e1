using System.Security.Cryptography;
using Iggy.Grains.Hosting;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Options;
using Iggy.Grains.Tests.Setup;
using Iggy.Storage.AtRest;
using Microsoft.Extensions.DependencyInjection;
using static Iggy.Grains.Tests.Setup.Messages;

namespace Iggy.Grains.Tests;

/// <summary>Encryption of a whole server: on and off, new keys, wrong keys, a key that is gone.</summary>
public sealed class EncryptionTests : IDisposable
{
    private static readonly string s_first = NewKey(), s_second = NewKey();

    private readonly string _folder = Server.NewFolder();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Restart_OffOnRotatedOff_ReadsAllOfIt()
    {
        string key;
        await using (var server = await StartAsync(new EncryptionOptions()))
        {
            var partition = await server.MakePartitionAsync("s");
            key = partition.GetPrimaryKeyString();
            await partition.AppendAsync(Batch("marker in the clear"));
        }

        var rounds = new[]
        {
            new EncryptionOptions { Enabled = true, Key = s_first },
            new EncryptionOptions { Enabled = true, Key = s_second, KeyId = 2, OldKeys = $"1:{s_first}" },
            new EncryptionOptions { Enabled = false, OldKeys = $" 2:{s_second} , 1:{s_first} " },
        };
        for (var round = 0; round < rounds.Length; round++)
        {
            await using var server = await StartAsync(rounds[round]);
            var partition = server.Partition(key);
            await partition.AppendAsync(Batch($"marker {round}"));
            Assert.Equal(["marker in the clear", .. Enumerable.Range(0, round + 1).Select(i => $"marker {i}")],
                Read(await partition.PollAsync(Poll(PollFrom.First))).Select(message => message.Payload));
        }

        var bytes = File.ReadAllBytes(Directory.GetFiles(Path.Combine(_folder, "partitions", key), "*.log").Single()).AsSpan();
        Assert.NotEqual(-1, bytes.IndexOf("marker in the clear"u8));
        Assert.Equal(-1, bytes.IndexOf("marker 0"u8));
        Assert.Equal(-1, bytes.IndexOf("marker 1"u8));
        Assert.NotEqual(-1, bytes.IndexOf("marker 2"u8));
    }

    [Fact]
    public async Task Start_WithoutTheKeyOrWithAnother_IsRefusedAndNothingIsLost()
    {
        string key;
        var right = new EncryptionOptions { Enabled = true, Key = s_first };
        await using (var server = await StartAsync(right))
        {
            var partition = await server.MakePartitionAsync("s");
            key = partition.GetPrimaryKeyString();
            await partition.AppendAsync(Batch("kept"));
        }

        foreach (var wrong in new[] { new EncryptionOptions(), new EncryptionOptions { Enabled = true, Key = s_second }, new EncryptionOptions { Enabled = true, Key = s_second, KeyId = 2 } })
        {
            var failure = (await Assert.ThrowsAnyAsync<Exception>(() => StartAsync(wrong))).ToString();
            Assert.Contains(nameof(EncryptionKeyException), failure, StringComparison.Ordinal);
            Assert.DoesNotContain(s_second, failure, StringComparison.Ordinal);
        }

        await using (var server = await StartAsync(right))
            Assert.Equal("kept", Assert.Single(Read(await server.Partition(key).PollAsync(Poll(PollFrom.First)))).Payload);
    }

    // Goal: a folder whose list of keys was lost answers errors, never garbage and never less than there is.
    [Fact]
    public async Task Poll_WithAnotherKey_IsAnErrorAndAppendsGoOn()
    {
        string key;
        await using (var server = await StartAsync(new EncryptionOptions { Enabled = true, Key = s_first }))
        {
            var partition = await server.MakePartitionAsync("s");
            key = partition.GetPrimaryKeyString();
            await partition.AppendAsync(Batch("first", "second"));
        }

        File.Delete(Path.Combine(_folder, "encryption.keys"));
        await using (var server = await StartAsync(new EncryptionOptions { Enabled = true, Key = s_second }))
        {
            var partition = server.Partition(key);
            Assert.Equal((2UL, 1UL), (await partition.GetStatsAsync() is var stats ? stats.MessagesCount : 0, stats.CurrentOffset));
            Assert.Equal(Refusal.Damaged, (await partition.PollAsync(Poll(PollFrom.First))).Refusal);
            Assert.Equal(2UL, (await partition.AppendAsync(Batch("third"))).BaseOffset);
            Assert.Equal((2UL, "third"), Assert.Single(Read(await partition.PollAsync(Poll(PollFrom.Offset, 2)))));
        }
    }

    [Theory]
    [InlineData(true, null, null, "Iggy:Encryption:Key is missing")]
    [InlineData(true, "c2hvcnQ=", null, "Iggy:Encryption:Key takes base64 of 32 bytes")]
    [InlineData(false, "not base64!", null, "Iggy:Encryption:Key takes base64 of 32 bytes")]
    [InlineData(false, null, "c2hvcnQ=", "allowed: number:base64")]
    [InlineData(false, null, "1:c2hvcnQ=", "Iggy:Encryption:OldKeys takes base64 of 32 bytes")]
    [InlineData(false, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "two encryption keys with the id 1")]
    [InlineData(true, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==", null, "Iggy:Encryption:Key takes base64 of 32 bytes")] // 33 and more
    [InlineData(false, null, "4294967295:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "4294967295 is not the id of an encryption key")] // those of streams
    public async Task Start_WithBadKeys_SaysWhatIsAllowedAndShowsNoKey(bool enabled, string? key, string? oldKeys, string expected)
    {
        var text = (await Assert.ThrowsAnyAsync<Exception>(() => StartAsync(new EncryptionOptions { Enabled = enabled, Key = key, OldKeys = oldKeys }))).ToString();
        Assert.Contains(expected, text, StringComparison.Ordinal);
        Assert.DoesNotContain("c2hvcnQ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("AAAAA", text, StringComparison.Ordinal);
    }

    // Goal: compression does not get in the way of encryption, also for a topic's every partition.
    [Fact]
    public async Task Topic_PackedAndEncrypted_ReadsTheSame()
    {
        var options = new EncryptionOptions { Enabled = true, Key = s_first };
        var text = string.Concat(Enumerable.Repeat("again and again ", 100));
        string[] keys;
        await using (var server = await StartAsync(options))
        {
            var stream = server.Stream((await server.Streams.CreateAsync("s")).Incarnation);
            var topic = await stream.CreateTopicAsync("t", new TopicSettings(TopicSettings.Never, TopicSettings.Unlimited, TopicSettings.Gzip, 1), 3);
            keys = [.. (await server.Topic(topic.Incarnation).ListPartitionsAsync()).Select(partition => partition.Key)];
            foreach (var key in keys)
                await server.Partition(key).AppendAsync(Batch(text, key));
        }

        await using (var server = await StartAsync(options))
        {
            foreach (var key in keys)
            {
                Assert.Equal([text, key], Read(await server.Partition(key).PollAsync(Poll(PollFrom.First))).Select(message => message.Payload));
                await server.DeactivateAsync(server.Partition(key));
                var file = new FileInfo(Directory.GetFiles(Path.Combine(_folder, "partitions", key), "*.log").Single());
                Assert.True(file.Length < 4096 + 600, $"{file.Length} B"); // 1600 of text, and the head
                Assert.Equal(-1, File.ReadAllBytes(file.FullName).AsSpan().IndexOf("again"u8));
            }
        }
    }

    // Goal: what is kept under a stream's own key is of no use without the server's, and stays readable while that one is replaced.
    [Fact]
    public async Task Stream_WithAKeyOfItsOwn_IsReadUnderEveryKeyOfTheServerAndNotWithout()
    {
        var own = RandomNumberGenerator.GetBytes(EncryptionKeys.KeyBytes);
        string key, plain;
        await using (var server = await StartAsync(new EncryptionOptions { Enabled = true, Key = s_first }))
        {
            var entry = await server.Streams.CreateWithKeyAsync("s", own);
            Assert.NotNull(entry.Key);
            Assert.Equal(16, entry.Key.Fingerprint.Length);
            Assert.NotEqual(entry.Key.Fingerprint, entry.Key.ServerFingerprint);
            var topic = await server.Stream(entry.Incarnation).CreateTopicAsync("t", new TopicSettings(TopicSettings.Never, TopicSettings.Unlimited, 1, 1), 1);
            await server.Stream(entry.Incarnation).UpdateTopicAsync(topic.Incarnation, "t", new TopicSettings(TopicSettings.Never, TopicSettings.Unlimited, 1, 1)); // says nothing of keys
            key = (await server.Topic(topic.Incarnation).ListPartitionsAsync())[0].Key;
            await server.Partition(key).AppendAsync(Batch("marker 0"));
            var other = await server.MakePartitionAsync("other");
            plain = other.GetPrimaryKeyString();
            await other.AppendAsync(Batch("of the server's own key"));
        }
        await using (var server = await StartAsync(new EncryptionOptions { Enabled = true, Key = s_second, KeyId = 2, OldKeys = $"1:{s_first}" }))
        {
            await server.Partition(key).AppendAsync(Batch("marker 1"));
            Assert.Equal(["marker 0", "marker 1"], Read(await server.Partition(key).PollAsync(Poll(PollFrom.First))).Select(message => message.Payload));
            await server.Services.GetRequiredService<StartupCheck>().Walk;
            Assert.StartsWith("2:", (await server.Streams.ListAsync())[0].Key!.Wrapped, StringComparison.Ordinal); // kept under the present key
        }
        var marks = Path.Combine(_folder, "encryption.keys");
        File.WriteAllLines(marks, File.ReadAllLines(marks).Where(line => !line.StartsWith("1 ", StringComparison.Ordinal)));
        await using (var server = await StartAsync(new EncryptionOptions { Enabled = true, Key = s_second, KeyId = 2 }))
        {
            Assert.Equal(["marker 0", "marker 1"], Read(await server.Partition(key).PollAsync(Poll(PollFrom.First))).Select(message => message.Payload));
            Assert.Equal(Refusal.Damaged, (await server.Partition(plain).PollAsync(Poll(PollFrom.First))).Refusal); // of the key that is gone
        }
        File.Delete(marks);
        await using (var server = await StartAsync(new EncryptionOptions { Enabled = true, Key = NewKey(), KeyId = 3 }))
        {
            Assert.Equal(Refusal.StorageFailed, (await server.Partition(key).PollAsync(Poll(PollFrom.First))).Refusal);
            Assert.Equal(Refusal.StorageFailed, (await server.Partition(key).AppendAsync(Batch("marker 2"))).Refusal); // nor is anything written under another
        }
        foreach (var file in Directory.GetFiles(_folder, "*", SearchOption.AllDirectories))
        {
            Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf("marker"u8));
            Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf(own));
        }
    }

    [Fact]
    public async Task Stream_WithAKeyWhereTheServerHasNone_IsRefusedAndNotMade()
    {
        await using var server = await StartAsync(new EncryptionOptions { OldKeys = $"1:{s_first}" });
        var refused = await Assert.ThrowsAsync<RefusedException>(() => server.Streams.CreateWithKeyAsync("s", new byte[32]).AsTask());
        Assert.Equal(Refusal.StreamKeyUnavailable, refused.Reason);
        Assert.Empty(await server.Streams.ListAsync());
    }

    private Task<Server> StartAsync(EncryptionOptions encryption) => Server.StartAsync(_folder, silo => silo.Services.Configure<EncryptionOptions>(options =>
        (options.Enabled, options.Key, options.KeyId, options.OldKeys) = (encryption.Enabled, encryption.Key, encryption.KeyId, encryption.OldKeys)));

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(EncryptionKeys.KeyBytes));
}
