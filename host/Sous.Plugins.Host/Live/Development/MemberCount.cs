namespace Sous.Plugins.Host.Live.Development;

/// <summary>A member that differs.</summary>
/// <param name="Path">Such as <c>lines[].name</c>.</param>
/// <param name="Records">In how many records.</param>
internal sealed record MemberCount(string Path, int Records);
