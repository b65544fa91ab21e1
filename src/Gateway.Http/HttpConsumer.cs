using System.Buffers;
using Iggy.Gateway.Commands;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;
using Microsoft.AspNetCore.Http;
using ConsumerKind = Iggy.Grains.Interfaces.Partitions.ConsumerKind;

namespace Iggy.Gateway.Http;

/// <summary>Who reads, or whose offset it is: a consumer on its own, as everywhere in the released API, or a group.</summary>
internal readonly record struct HttpConsumer(bool IsGroup, Identifier Id, bool IsExternal = false)
{
    private const string KindName = "consumer_kind", IdName = "consumer_id", External = "external_group";

    /// <summary>The parameters of a query.</summary>
    public static string[] Names { get; } = [KindName, IdName];

    /// <summary>For a partition, as a consumer on its own.</summary>
    public ConsumerKey Key => IsExternal ? ExternalGroups.Key(Bytes.Span) : new(ConsumerKind.Consumer, Hashes.ConsumerNumber(Id));

    /// <summary>The identifier as binary requests have it.</summary>
    public ReadOnlyMemory<byte> Bytes
    {
        get
        {
            var bytes = new ArrayBufferWriter<byte>();
            new WireWriter(bytes).Identifier(Id);
            return bytes.WrittenMemory;
        }
    }

    /// <summary>Reads a query.</summary>
    /// <exception cref="RequestRejectedException">The kind is unknown, or a group is not named.</exception>
    public static HttpConsumer Of(HttpCall call) => Of(call.Query(KindName), call.Query(IdName) is { } id ? HttpCall.ParseIdentifier(id) : null, StatusCodes.Status400BadRequest);

    /// <summary>Reads what a body says.</summary>
    /// <exception cref="RequestRejectedException">The kind is unknown, or a group is not named.</exception>
    public static HttpConsumer Of(StoreOffsetBody body) => Of(body.ConsumerKind, body.ConsumerId, StatusCodes.Status422UnprocessableEntity);

    /// <summary>Whether a query whose path names the consumer means a group.</summary>
    /// <exception cref="RequestRejectedException">The kind is unknown.</exception>
    public static bool IsGroupIn(HttpCall call) => IsGroupKind(call.Query(KindName), StatusCodes.Status400BadRequest);

    /// <summary>Whether a query whose path names the consumer means a group that is kept elsewhere.</summary>
    public static bool IsExternalIn(HttpCall call) => call.Query(KindName) is External;

    private static HttpConsumer Of(string? kind, Identifier? id, int status) => IsGroupKind(kind, status)
        ? new HttpConsumer(true, id ?? throw new RequestRejectedException(status, $"{KindName} is 'group' and {IdName} is missing."))
        : new HttpConsumer(false, id ?? new Identifier(1), IsExternal: kind is External);

    private static bool IsGroupKind(string? kind, int status) => kind switch
    {
        null or "consumer" or External => false,
        "group" or "consumer_group" => true,
        _ => throw new RequestRejectedException(status, $"{KindName} is '{kind}'; allowed: consumer, group."),
    };
}
