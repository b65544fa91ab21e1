using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Iggy.Client.Connections;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;

namespace Iggy.Client.Http;

/// <summary>The one place where a body of the HTTP API becomes the reply of a command.</summary>
internal static class ApiReplies
{
    private delegate object Reader(ReadOnlySpan<byte> json);

    // By the type of the reply.
    private static readonly FrozenDictionary<Type, Reader> _readers = new Dictionary<Type, Reader>
    {
        [typeof(RawBytes)] = json => new RawBytes(json.ToArray()),
        [typeof(LoggedInShape)] = json => Parse(json, ApiShapes.Wire.LoggedInShape),
        [typeof(StatsReply)] = json => Parse(json, ApiShapes.Wire.StatsShape).ToReply(),
        [typeof(ClusterReply)] = json => Parse(json, ApiShapes.Wire.ClusterShape).ToReply(),
        [typeof(ClientDetails)] = json => Parse(json, ApiShapes.Wire.ClientShape).ToDetails(),
        [typeof(ClientRecord[])] = json => Array.ConvertAll(Parse(json, ApiShapes.Wire.ClientShapeArray), client => client.ToRecord()),
        [typeof(StreamRecord)] = json => Parse(json, ApiShapes.Wire.StreamShape).ToRecord(),
        [typeof(StreamRecord[])] = json => Array.ConvertAll(Parse(json, ApiShapes.Wire.StreamShapeArray), stream => stream.ToRecord()),
        [typeof(StreamDetails)] = json => Parse(json, ApiShapes.Wire.StreamShape).ToDetails(),
        [typeof(TopicRecord[])] = json => Array.ConvertAll(Parse(json, ApiShapes.Wire.TopicShapeArray), topic => topic.ToRecord()),
        [typeof(TopicDetails)] = json => Parse(json, ApiShapes.Wire.TopicShape).ToDetails(),
        [typeof(DescribeOptionsReply)] = json => new DescribeOptionsReply([.. Array.ConvertAll(Parse(json, ApiShapes.Wire.OptionShapeArray), option => option.ToDescription())]),
        [typeof(ConsumerGroupRecord)] = json => Parse(json, ApiShapes.Wire.GroupShape).ToRecord(),
        [typeof(ConsumerGroupRecord[])] = json => Array.ConvertAll(Parse(json, ApiShapes.Wire.GroupShapeArray), group => group.ToRecord()),
        [typeof(ConsumerGroupDetails)] = json => Parse(json, ApiShapes.Wire.GroupShape).ToDetails(),
        [typeof(ConsumerOffsetReply)] = json => Parse(json, ApiShapes.Wire.OffsetShape).ToReply(),
        [typeof(UserRecord[])] = json => Array.ConvertAll(Parse(json, ApiShapes.Wire.UserShapeArray), user => user.ToRecord()),
        [typeof(UserDetails)] = json => Parse(json, ApiShapes.Wire.UserShape).ToDetails(),
        [typeof(TokenRecord[])] = json => Array.ConvertAll(Parse(json, ApiShapes.Wire.TokenEntryShapeArray), token => token.ToRecord()),
        [typeof(NewTokenReply)] = json => new NewTokenReply(Parse(json, ApiShapes.Wire.TokenShape).Token),
    }.ToFrozenDictionary();

    /// <summary>Reads a value, or an array of values.</summary>
    /// <exception cref="IggyException"><see cref="IggyError.CannotDeserializeResource"/>: the body is something else.</exception>
    public static T Read<T>(ReadOnlySpan<byte> body, CommandCode code)
    {
        try
        {
            return (T)_readers[typeof(T)](body);
        }
        catch (JsonException e)
        {
            throw new IggyException(IggyError.CannotDeserializeResource, $"The reply to {code} can't be read: {e.Message}", e);
        }
    }

    /// <summary>Reads JSON that is there for certain.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type) where T : class =>
        JsonSerializer.Deserialize(json, type) ?? throw new JsonException("null");
}
