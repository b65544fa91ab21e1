namespace Iggy.Replication.Roles;

/// <summary>What a leader knows of one follower.</summary>
internal sealed class FollowerProgress
{
    /// <summary>The present session; 0 before the first.</summary>
    public ulong Session { get; set; }

    /// <summary>Has answered in this session what it has, so that data can follow.</summary>
    public bool IsAttached { get; set; }

    /// <summary>Offset after the last message it has.</summary>
    public ulong End { get; set; }

    /// <summary>The last change of stored offsets it has.</summary>
    public ulong Sequence { get; set; }

    /// <summary>Belongs to this leader's epoch: it has everything that the leader began with.</summary>
    public bool IsLevel { get; set; }

    public void Forget() => (IsAttached, End, Sequence, IsLevel) = (false, 0, 0, false);
}
