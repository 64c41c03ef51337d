namespace Sous.Plugins.Host.Live.Development;

/// <summary>One member of one record, before and after, as JSON; null where it is absent, and empty the path where the whole record came or went.</summary>
internal sealed record MemberDifference(string Path, string? Old, string? New);
