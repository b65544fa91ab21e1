using System.Buffers;
using System.Diagnostics;
using System.Net;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Tracing;
using Iggy.Gateway.Wire.Frames;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Gateway.Tests;

/// <summary>A listener hears the whole process, so nothing runs beside these tests.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;

/// <summary>Spans of requests, and what they cost while nobody collects any.</summary>
[Collection(nameof(AloneCollection))]
public sealed class RequestTraceTests
{
    private const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private static readonly Session _session = new(1, TransportKind.Tcp, new IPEndPoint(IPAddress.Loopback, 1).ToString()) { Dialect = Dialect.Classic };

    // Goal: nobody pays for what nobody collects. The least of some rounds, for the runtime itself allocates now and then.
    [Fact]
    public void IsOn_WhileNobodyCollects_IsFalseAndAllocatesNothing()
    {
        var least = long.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1000; i++)
                Assert.False(RequestTraces.IsOn);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
    }

    // Goal: a send belongs to the trace of its producer, which only its first message tells.
    [Theory]
    [InlineData("traceparent", Parent, true)]
    [InlineData("traceparent", "nonsense", false)]
    [InlineData("other", Parent, false)]
    public void Start_OfASend_ContinuesTheTraceOfItsFirstMessage(string key, string value, bool isFound)
    {
        using var listener = Listen();
        var context = SentContext.Read(Dialect.Classic, Send(key, value));
        Assert.Equal(isFound, context.IsRemote);
        using var span = RequestTraces.Start(_session, "SendMessages", context);
        Assert.NotNull(span);
        Assert.Equal(ActivityKind.Server, span.Kind);
        Assert.Equal(isFound, span.TraceId.ToString() == "0af7651916cd43dd8448eb211c80319c");
        RequestTraces.Tell(span, IggyError.TopicIdNotFound);
        Assert.Equal(("iggy", "SendMessages", "tcp", "classic", "topic_id_not_found"),
            (span.GetTagItem("rpc.system"), span.GetTagItem("rpc.method"), span.GetTagItem("network.transport"), span.GetTagItem("iggy.dialect"), span.GetTagItem("error.type")));
    }

    // Goal: the context is looked for before anything is checked, so any bytes may come. Method: a request cut at every byte, in both dialects.
    [Fact]
    public void Read_OfARequestCutAnywhere_FindsNothingAndFailsNowhere()
    {
        var whole = Send("traceparent", Parent);
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.False(SentContext.Read(Dialect.Classic, whole.AsSpan(0, length)).IsRemote);
            Assert.False(SentContext.Read(Dialect.Vsr, whole.AsSpan(0, length)).IsRemote);
        }
    }

    private static ActivityListener Listen()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Iggy.Gateway",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private static byte[] Send(string key, string value)
    {
        var headers = new ArrayBufferWriter<byte>();
        new UserHeadersWriter(headers).Add(key, value);
        var message = new byte[64 + 1 + headers.WrittenCount];
        ClassicMessageWriter.Write(message, default, "a"u8, headers.WrittenSpan);
        var metadata = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(metadata);
        writer.Identifier(new Identifier("s"));
        writer.Identifier(new Identifier("t"));
        Partitioning.Balanced.Write(writer);
        writer.U32(1);
        var index = new byte[16];
        BitConverter.TryWriteBytes(index.AsSpan(4), message.Length);
        return [.. BitConverter.GetBytes((uint)metadata.WrittenCount), .. metadata.WrittenSpan, .. index, .. message];
    }
}
