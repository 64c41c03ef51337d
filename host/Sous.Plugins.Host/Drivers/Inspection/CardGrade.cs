namespace Sous.Plugins.Host.Drivers.Inspection;

/// <summary>How far a driver keeps to the contract, in the words of the conformance suite. Each grade includes those below it.</summary>
internal enum CardGrade
{
    None,
    Bronze,
    Silver,
    Gold,
}
