using CsCheck;
using Iggy.Protocol;
using Iggy.Ui.Access;

namespace Iggy.Ui.Tests;

public sealed class PermissionFormTests
{
    private static readonly Gen<TopicPermissions> _topics = Gen.Select(Gen.UInt[0, 20], Gen.Int[1, 15], static (id, flags) => new TopicPermissions(id, (TopicPermissionFlags)flags));
    private static readonly Gen<StreamPermissions> _streams = Gen.Select(Gen.UInt[0, 20], Gen.Int[1, 63], _topics.Array[0, 5],
        static (id, flags, topics) => new StreamPermissions(id, (StreamPermissionFlags)flags, [.. topics.DistinctBy(static topic => topic.TopicId).OrderBy(static topic => topic.TopicId)]));
    private static readonly Gen<Permissions> _permissions = Gen.Select(Gen.Int[0, 1023], _streams.Array[0, 5],
        static (flags, streams) => new Permissions((GlobalPermissions)flags, [.. streams.DistinctBy(static stream => stream.StreamId).OrderBy(static stream => stream.StreamId)]));

    // Goal: whoever opens the editor and saves changes nothing. Method: any permissions there can be, by their bytes.
    [Fact]
    public void Permissions_OpenedAndSaved_AreTheSame() => _permissions.Sample(permissions => Assert.Equal(Bytes(permissions), Bytes(PermissionForm.Of(permissions).ToPermissions())));

    [Fact]
    public void Level_Set_ChangesItsOwnFlagsAlone()
    {
        var form = PermissionForm.Of(new Permissions(GlobalPermissions.ReadStreams | GlobalPermissions.SendMessages, []));
        form.Streams = Level.Manage;
        Assert.Equal(GlobalPermissions.ReadStreams | GlobalPermissions.ManageStreams | GlobalPermissions.SendMessages, form.ToPermissions().Global);
        form.Streams = Level.None;
        Assert.Equal(GlobalPermissions.SendMessages, form.ToPermissions().Global);
        form.Users = Level.Read;
        form.Sends = false;
        Assert.Equal(GlobalPermissions.ReadUsers, form.ToPermissions().Global);
    }

    [Fact]
    public void Streams_WithoutAnyFlag_AreLeftOut()
    {
        var form = new PermissionForm();
        form.Each.Add(new StreamGrant { StreamId = 3 });
        Assert.Empty(form.ToPermissions().Streams);
        var topic = new TopicGrant { TopicId = 5 };
        form.Each[0].Each.Add(topic);
        Assert.Empty(form.ToPermissions().Streams);
        topic.Topic = Level.Read;
        var kept = Assert.Single(form.ToPermissions().Streams);
        Assert.Equal((3u, new TopicPermissions(5, TopicPermissionFlags.ReadTopic)), (kept.StreamId, Assert.Single(kept.Topics)));
    }

    [Theory]
    [InlineData(nameof(Preset.Everything), "May do everything.")]
    [InlineData(nameof(Preset.Nothing), "May do nothing but log in.")]
    [InlineData(nameof(Preset.Look), "May see the server's figures; see users; see all streams and topics.")]
    [InlineData(nameof(Preset.ProduceAndConsume), "May see all streams and topics; send to all topics.")]
    public void Preset_IsToldInWords(string preset, string expected)
    {
        var form = new PermissionForm();
        form.Choose(Enum.Parse<Preset>(preset));
        Assert.Equal(expected, form.Describe());
    }

    private static byte[] Bytes(Permissions permissions)
    {
        var bytes = new System.Buffers.ArrayBufferWriter<byte>();
        permissions.Write(new WireWriter(bytes));
        return bytes.WrittenSpan.ToArray();
    }
}
