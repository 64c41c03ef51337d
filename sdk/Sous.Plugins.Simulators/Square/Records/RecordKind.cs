namespace Sous.Plugins.Simulators.Square.Records;

/// <summary>What a table holds.</summary>
internal enum RecordKind
{
    Order,
    Payment,
    Refund,
}
