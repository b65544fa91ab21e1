using Iggy.Grains.Interfaces;
using Iggy.Grains.Partitions;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Grains.Tests;

/// <summary>Sends that come from another server in parts.</summary>
public sealed class StagedSendsTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Take_AfterAllParts_HasThemInOrder()
    {
        var (staged, upload) = (new StagedSends(_clock), Guid.NewGuid());
        Assert.Equal(Refusal.None, staged.Add(upload, 5, [1, 2, 3]));
        Assert.Equal(Refusal.None, staged.Add(upload, 5, [4, 5]));
        using (var whole = staged.Take(upload))
            Assert.Equal([1, 2, 3, 4, 5], whole!.Bytes.ToArray());
        Assert.Equal(0, staged.Bytes);
        Assert.Null(staged.Take(upload));
    }

    [Fact]
    public void Take_BeforeTheLastPart_IsNothing()
    {
        var (staged, upload) = (new StagedSends(_clock), Guid.NewGuid());
        staged.Add(upload, 5, [1, 2, 3]);
        Assert.Null(staged.Take(upload));
        Assert.Equal(0, staged.Bytes);
    }

    [Fact]
    public void Add_BeyondTheRoom_IsRefusedAndTheOthersStay()
    {
        var (staged, first) = (new StagedSends(_clock, maxBytes: 100), Guid.NewGuid());
        Assert.Equal(Refusal.None, staged.Add(first, 60, new byte[60]));
        Assert.Equal(Refusal.Unavailable, staged.Add(Guid.NewGuid(), 41, new byte[41]));
        Assert.Equal(Refusal.None, staged.Add(Guid.NewGuid(), 40, new byte[1]));
        Assert.Equal(100, staged.Bytes);
        staged.Take(first)!.Dispose();
        Assert.Equal(40, staged.Bytes);
    }

    [Fact]
    public void Add_WhatDoesNotFitWhatWasSaid_DropsTheSend()
    {
        var (staged, upload) = (new StagedSends(_clock), Guid.NewGuid());
        Assert.Equal(Refusal.InvalidBatch, staged.Add(upload, 0, []));
        Assert.Equal(Refusal.InvalidBatch, staged.Add(upload, -1, []));
        staged.Add(upload, 3, [1, 2]);
        Assert.Equal(Refusal.InvalidBatch, staged.Add(upload, 3, [3, 4])); // more than it said
        Assert.Equal(0, staged.Bytes);
        staged.Add(upload, 3, [1, 2]);
        Assert.Equal(Refusal.InvalidBatch, staged.Add(upload, 4, [3])); // says something else now
        Assert.Equal(0, staged.Bytes);
    }

    [Fact]
    public void Add_LaterThanAForgottenSend_MakesRoom()
    {
        var staged = new StagedSends(_clock, maxBytes: 100);
        staged.Add(Guid.NewGuid(), 100, new byte[1]);
        _clock.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(Refusal.Unavailable, staged.Add(Guid.NewGuid(), 1, new byte[1]));
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(Refusal.None, staged.Add(Guid.NewGuid(), 100, new byte[1]));
    }
}
