using System.Collections.Immutable;
using System.Reflection;
using Iggy.Grains.Interfaces.ConsumerGroups;
using Iggy.Grains.Interfaces.Streams;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Interfaces.Users;

namespace Iggy.Gateway.Tests;

/// <summary>A grain factory that hands out what the test made, by the type that is asked for.</summary>
public class ScriptedGrains : DispatchProxy // a proxy cannot be sealed
{
    private readonly Dictionary<Type, object> _byType = [];

    public static IGrainFactory Of(params (Type Type, object Grain)[] grains)
    {
        var factory = Create<IGrainFactory, ScriptedGrains>();
        foreach (var (type, grain) in grains)
            ((ScriptedGrains)(object)factory)._byType[type] = grain;
        return factory;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod?.Name switch
    {
        nameof(IGrainFactory.CreateObjectReference) => args![0], // one process: the object itself
        nameof(IGrainFactory.GetGrain) => _byType[targetMethod.GetGenericArguments()[0]],
        _ => throw new NotSupportedException($"{targetMethod} is not scripted."),
    };
}

/// <summary>A group's grain that answers as the test says.</summary>
internal sealed class ScriptedGroup : IConsumerGroupGrain
{
    private static readonly MemberAssignment s_nothing = new(1, []);

    public List<Guid> Left { get; } = [];
    public List<uint?> Refreshed { get; } = [];
    public Func<GroupMember, ValueTask<MemberAssignment>> Join { get; set; } = _ => new(s_nothing);
    public Func<GroupMember, ValueTask<MemberAssignment>> Refresh { get; set; } = _ => new(s_nothing);

    public ValueTask<MemberAssignment> JoinAsync(GroupMember member) => Join(member);

    public ValueTask<MemberAssignment> RefreshAsync(GroupMember member, uint? refusedPartition)
    {
        Refreshed.Add(refusedPartition);
        return Refresh(member);
    }

    public ValueTask<bool> LeaveAsync(Guid session)
    {
        Left.Add(session);
        return new(true);
    }

    public ValueTask CompleteAsync(uint partitionId, ulong term) => throw new NotSupportedException();

    public ValueTask<ImmutableArray<MemberView>> ListMembersAsync() => throw new NotSupportedException();

    public ValueTask PartitionsChangedAsync() => throw new NotSupportedException();

    public ValueTask DeleteAsync() => throw new NotSupportedException();
}

/// <summary>A catalog with one stream, 1 called s, and one topic in it, 2 called t.</summary>
internal sealed class ScriptedCatalog
{
    public ScriptedCatalog()
    {
        var (stream, topic) = (new StreamEntry(1, Guid.NewGuid(), "s", 0), new TopicEntry(2, Guid.NewGuid(), "t", 0, new TopicSettings()));
        Grains = ScriptedGrains.Of(
            (typeof(IStreamDirectoryGrain), Answering.As<IStreamDirectoryGrain>("ListAsync", () => new ValueTask<ImmutableArray<StreamEntry>>([stream]))),
            (typeof(IStreamGrain), Answering.As<IStreamGrain>("ListAsync", () => new ValueTask<ImmutableArray<TopicEntry>>([topic]))),
            (typeof(ITopicGrain), Answering.As<ITopicGrain>("ListPartitionsAsync", () =>
            {
                OnListPartitions?.Invoke();
                return new ValueTask<ImmutableArray<PartitionEntry>>([]);
            })));
    }

    /// <summary>The grains of it.</summary>
    public IGrainFactory Grains { get; }

    /// <summary>What happens while the partitions are looked up.</summary>
    public Action? OnListPartitions { get; set; }
}

/// <summary>A grain of which one method is scripted.</summary>
public class Answering : DispatchProxy
{
    private string _method = "";
    private Func<object> _answer = static () => throw new NotSupportedException();

    public static T As<T>(string method, Func<object> answer) where T : class
    {
        var grain = Create<T, Answering>();
        (((Answering)(object)grain)._method, ((Answering)(object)grain)._answer) = (method, answer);
        return grain;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod?.Name == _method ? _answer() : throw new NotSupportedException($"{targetMethod} is not scripted.");
}

/// <summary>A user directory with one user.</summary>
public class ScriptedUsers : DispatchProxy
{
    public UserEntry? User { get; set; } = new(7, "u", 0);
    public Exception? Failure { get; set; }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod?.Name is not nameof(IUserDirectoryGrain.FindByIdAsync) ? throw new NotSupportedException($"{targetMethod} is not scripted.")
        : Failure is { } failure ? throw failure
        : new ValueTask<UserEntry?>(User);
}
