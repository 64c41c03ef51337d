using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Proofs.Troubles;

/// <summary>What one call to a service meets.</summary>
/// <param name="Name">For people.</param>
internal sealed record Trouble(string Name, Chaos Chaos)
{
    /// <summary>How long no other call may come.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>Whether its answer comes whole and at once.</summary>
    public bool IsAnswered => Chaos is { ResetEvery: 0, TruncateEvery: 0 } && Chaos.Latency == TimeSpan.Zero;

    /// <summary>The token counts no longer, of this call first.</summary>
    public bool RefusesToken { get; init; }

    /// <summary>A 429 that says how long to wait.</summary>
    public static Trouble AskToWait(int seconds)
        => new($"429 {seconds} s", new Chaos { RateLimitEvery = 1, RetryAfterSeconds = seconds }) { Wait = TimeSpan.FromSeconds(seconds) };

    public static Trouble Choose(Random random)
    {
        var seconds = random.Next(3) == 0 ? random.Next(61, 600) : random.Next(2, 61);
        return random.Next(16) switch
        {
            0 or 1 => AskToWait(seconds),
            2 => new Trouble($"429 until {seconds} s later", new Chaos { RateLimitEvery = 1, RetryAfterSeconds = seconds, RetryAfterAsDate = true }) { Wait = TimeSpan.FromSeconds(seconds) },
            3 => new Trouble("429", new Chaos { RateLimitEvery = 1, RetryAfterSeconds = null }),
            4 => Error(500),
            5 => Error(502),
            6 => Error(503),
            7 => new Trouble("page of HTML", new Chaos { HtmlEvery = 1 }),
            8 => new Trouble("no answer", new Chaos { ResetEvery = 1 }),
            9 => new Trouble("half an answer", new Chaos { TruncateEvery = 1 }),
            10 => new Trouble("slow answer", new Chaos { Latency = TimeSpan.FromSeconds(45) }),
            11 => new Trouble("empty page", new Chaos { EmptyPage = true }),
            12 => new Trouble("cursor repeated", new Chaos { RepeatCursor = true }),
            13 => new Trouble("cursor stands still", new Chaos { CursorStandsStill = true }),
            14 => new Trouble("no cursor", new Chaos { DropCursor = true }),
            _ => new Trouble("token refused", Chaos.None) { RefusesToken = true },
        };
    }

    private static Trouble Error(int status) => new($"{status}", new Chaos { ServerErrorEvery = 1, ServerErrorStatus = status });
}
