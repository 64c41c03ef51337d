namespace Sous.Plugins.Host.Migrations;

/// <summary>A column that both engines have, in one form or the other.</summary>
internal sealed record CopiedColumn(string Name, CopiedKind Kind)
{
    public static CopiedColumn Text(string name) => new(name, CopiedKind.Text);

    public static CopiedColumn Number(string name) => new(name, CopiedKind.Number);

    public static CopiedColumn Bytes(string name) => new(name, CopiedKind.Bytes);

    public static CopiedColumn Named(string name) => new(name, CopiedKind.Name);
}
