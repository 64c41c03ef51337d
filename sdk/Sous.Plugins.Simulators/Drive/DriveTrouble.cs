namespace Sous.Plugins.Simulators.Drive;

/// <summary>What only a Drive can do wrong on purpose. Everything is off by default; one instance is a whole setting.</summary>
public sealed record DriveTrouble
{
    /// <summary>Nothing wrong.</summary>
    public static DriveTrouble None { get; } = new();

    /// <summary>Listings say that their search was not complete, and leave every other file out.</summary>
    public bool IncompleteSearch { get; init; }

    /// <summary>Every page token of a listing is rejected.</summary>
    public bool RejectPageTokens { get; init; }

    /// <summary>Tokens of changes are rejected.</summary>
    public bool RejectChangeTokens { get; init; }

    /// <summary>One byte of every content is wrong; its length and checksum are told as they should be.</summary>
    public bool CorruptContent { get; init; }

    /// <summary>A range that was asked for is ignored: the whole file comes, with 200.</summary>
    public bool IgnoreRange { get; init; }

    /// <summary>Too many requests are answered as Drive often does: 403 with the reason <c>userRateLimitExceeded</c> instead of 429.</summary>
    public bool RateLimitIs403 { get; init; }

    /// <summary>A list of changes ends without either of its tokens.</summary>
    public bool DropChangeTokens { get; init; }

    /// <summary>The account is no longer a member of any shared drive.</summary>
    public bool LeftSharedDrives { get; init; }
}
