using System.Text.Json.Serialization;
using Iggy.Client;
using Iggy.Examples.MarketAnalytics.Exchange;
using Iggy.Examples.MarketAnalytics.Processing;
using Iggy.Protocol;

namespace Iggy.Examples.MarketAnalytics;

/// <summary>Where everything lies: trades go into one topic, what was made of them into another; partition <c>p</c> of the second belongs to partition <c>p</c> of the first.</summary>
internal static class Market
{
    public const uint Partitions = 4;

    public static readonly Identifier Stream = new("market");
    public static readonly Identifier Trades = new("trades");
    public static readonly Identifier Analytics = new("analytics");

    /// <summary>The partition of a symbol: one, so that its trades stay in order.</summary>
    public static uint PartitionOf(string symbol)
    {
        uint hash = 2_166_136_261; // FNV-1a: any other language computes the same
        foreach (var letter in symbol)
            hash = (hash ^ letter) * 16_777_619;
        return hash % Partitions;
    }

    /// <summary>Makes stream and topics where they are missing; several processes may do so at once.</summary>
    public static async Task CreateAsync(IggyClient client, CancellationToken cancellationToken)
    {
        await UnlessThereAsync(async () => await client.CreateStreamAsync("market", cancellationToken), IggyError.StreamNameAlreadyExists);
        foreach (var topic in (string[])["trades", "analytics"])
            await UnlessThereAsync(async () => await client.CreateTopicAsync(Stream, topic, Partitions, cancellationToken: cancellationToken), IggyError.TopicNameAlreadyExists);
    }

    private static async Task UnlessThereAsync(Func<Task> create, IggyError there)
    {
        try
        {
            await create();
        }
        catch (IggyException e) when (e.Error == there)
        {
            // Another process was first.
        }
    }
}

/// <summary>How trades and checkpoints are written: JSON, for everybody to read.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Trade))]
[JsonSerializable(typeof(Checkpoint))]
internal sealed partial class MarketJson : JsonSerializerContext;
