using System.Collections.Immutable;
using System.Reflection;
using Iggy.Grains.Interfaces.ConsumerGroups;
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
